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
- _Heartbeats_ cost a gateway 45 - 60 us each here, half of it the kernel's: every 30 s from a million sessions that would
  be more than all of two cores, and with one a minute newcomers had nothing left when 614,952 were there (863 s). So
  there is an option, \`heartbeatSeconds\`, and the million says every four minutes that it is there.
- _Gateways that nobody has come to_ took 14 ms of CPU a second each, three quarters of a core for 54 of them, because the
  metrics library looked every 10 ms how late timers run. Every 100 ms, a process without work takes 6 instead of 14.
- _An allocator that gives nothing back_ (\`MIMALLOC_PURGE_DELAY=-1\`): an idle gateway takes a fifth less CPU, but a session
  9.2 KiB of it instead of 5.3. Left as it is.
- _Comparing every room with the store within ten minutes_ finds what a bus lost without a trace. It is most of what
  PostgreSQL, messaging and NATS do while a million are idle: 0.36 of the 1.36 cores. It is left as it is, too.
- _The probe beside a million_: 200 messages a second take more than what two cores have left beside it, so that they wait
  (the p99 of the table), though all were acknowledged and shown. That point shows how many can be held, not how they
  are best served.`;
