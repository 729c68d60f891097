// What was learned on the way to many live sessions, with numbers: written by hand, since no run tells why.

export const tried = `**What was tried on the way to a million.** All on the machine above, with the conversations of five for each person.

- _All 54 gateways filling at once_: 210 logins a second, 48,000 live after four and a half minutes, and given up. Every
  process is cold, serves one at a time and fights for two cores. Two at a time: 1,300 a second at first.
- _One address for all clients of a gateway_: from 14,000 connections on each \`connect\` took 5 ms, because the kernel
  tries the even ports first and looks at every one. From four addresses it does not show.
- _An object for each followed conversation and a subscription for each person_: 13.4 KiB in a gateway of 8,000 sessions
  that sit as in a cluster of 54 gateways; with typed arrays and people heard by bucket 7.8 KiB, one second after the last of
  them came (22.3 and 14.2 KiB with NATS, messaging and the rest).
- _Bun's \`--smol\`, or a heap that is collected from 4 MB on_: 6.8 and 7.1 KiB instead of 6.9. Nothing to gain.
- _The probe beside 615,000_: its 200 sessions were let in and none of their messages was acknowledged within 8 s. With
  two cores worn out by heartbeats that point shows how many can be held, not how they are served.
- _A heartbeat_ costs a gateway about 80 us here, a third of it the kernel's, and a gateway that nobody has come to 14 ms
  of CPU a second for being there: 54 of them take three quarters of a core before the first login.`;
