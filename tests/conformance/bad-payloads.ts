// Payloads that are no frames, as protocol/golden/bad.json keeps them: for each what is wrong with it, who
// would have sent it, in which codec, and the bytes. write-golden.ts adds the detail that a decoder gives.

import { limits } from "#protocol/limits.ts";

export interface BadPayload {
  readonly title: string;
  readonly direction: "client" | "server";
  readonly codec: "json" | "msgpack";
  /** JSON: the text. MessagePack: hex; "(xx)*n" stands for xx n times. */
  readonly payload: string;
}

const conversation = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
const id16 = "c41001930f2c7d1e7c3a9f005a2b3c4d5e6f";
const name8 = "c4080001020304050607";
const send = (fields: Record<string, unknown>) =>
  JSON.stringify({ kind: "send", id: 1, conversation, name: "AAECAwQFBgc", text: "x", ...fields });

const audit = (shown: unknown) =>
  JSON.stringify({ kind: "audit", shown, ignored: 0, doubled: 0, healedMs: [] });

const clientJson: Record<string, string> = {
  "an empty text": "",
  "not JSON": "{kind:ping}",
  "cut short": '{"kind":"ping"',
  "a number": "7",
  null: "null",
  "a list": '["ping"]',
  "no kind": '{"id":1}',
  "an unknown kind": '{"kind":"shout","id":1}',
  "a kind of the server's": '{"kind":"welcome"}',
  "a kind that every object has": '{"kind":"constructor"}',
  "a kind that is the prototype": '{"kind":"__proto__"}',
  "a missing field": '{"kind":"delete","id":1,"seq":1}',
  "a negative number": send({ id: -1 }),
  "a broken number": send({ id: 1.5 }),
  "a number above 2^53 - 1": send({}).replace('"id":1', '"id":9007199254740992'),
  "a number as text": send({ id: "1" }),
  "a UUID in upper case": send({ conversation: conversation.toUpperCase() }),
  "a UUID without dashes": send({ conversation: conversation.replaceAll("-", "") }),
  "a name of 7 bytes": send({ name: "AAECAwQFBg" }),
  "a name of 9 bytes": send({ name: "AAECAwQFBgcI" }),
  "a name that is not canonical": send({ name: "AAECAwQFBgd" }),
  "a name in base64 with padding": send({ name: "AAECAwQFBgc=" }),
  "a text that is a number": send({ text: 5 }),
  "a text that is null": send({ text: null }),
  "a text with U+0000": send({ text: "a\u0000b" }),
  "a text with a lone surrogate": send({}).replace('"text":"x"', '"text":"\\ud800"'),
  "a wish that is not true or false": send({ again: 1 }),
  "a list that is an object": '{"kind":"look","conversations":{},"users":[]}',
  "a list that is too long": JSON.stringify({
    kind: "look",
    conversations: Array(limits.lookConversationsMax + 1).fill(conversation),
    users: [],
  }),
  "an item of a wrong type": '{"kind":"look","conversations":[7],"users":[]}',
  "an audit of too many conversations": audit(
    Array(limits.auditConversationsMax + 1).fill({ conversation, after: 0, ranges: [] }),
  ),
  "an audit of too many ranges": audit([
    { conversation, after: 0, ranges: Array(limits.auditRangesMax + 1).fill({ from: 1, to: 1 }) },
  ]),
  "an audit with a range that is a pair": audit([{ conversation, after: 0, ranges: [[1, 2]] }]),
};

const clientMessagePack: Record<string, string> = {
  "no bytes": "",
  "a number": "07",
  nil: "c0",
  "an empty array": "90",
  "an unknown kind": "92 63 01",
  "a kind that is a text": "91 a4 70696e67",
  "a kind that is a broken number": "91 cb 4000cccccccccccd",
  "cut short in a length": "93 08 c4",
  "cut short in bytes": `93 08 ${id16.slice(0, 20)}`,
  "cut short in an array": `93 08 ${id16}`,
  "two values": "91 02 91 02",
  "a map": "81 a4 6b696e64 02",
  "a map inside": `95 03 01 ${id16} ${name8} 80`,
  "a timestamp": `94 05 01 ${id16} d6ff00000000`,
  "a record of msgpackr": "d4 72 40 91 a1 61 02",
  "a regular expression of msgpackr": "92 02 d4 78 00",
  "an extension type": "92 02 c7 01 05 00",
  "the byte that MessagePack never uses": "92 02 c1",
  "an array that claims 4,294,967,295 items": "dd ffffffff 02",
  "an array that claims 65,535 items": "dc ffff 02",
  "bytes that claim 4 GiB": "92 01 c6 ffffffff",
  "a text that claims 4 GiB": "92 01 db ffffffff",
  "nested a thousand times": "(91)*1000 02",
  "nested nine times": "(91)*9 02",
  "a text that is not UTF-8": `95 03 01 ${id16} ${name8} a2 c328`,
  "a text with U+0000": `95 03 01 ${id16} ${name8} a1 00`,
  "a text with an encoded surrogate": `95 03 01 ${id16} ${name8} a3 eda080`,
  "a text that is bytes": `95 03 01 ${id16} ${name8} c4 01 78`,
  "a conversation as text":
    "92 09 d9 24 30313933306632632d376431652d376333612d396630302d356132623363346435653666",
  "a conversation of 15 bytes": `92 09 c40f${id16.slice(4, 34)}`,
  "a name of 7 bytes": `95 03 01 ${id16} c407 00010203040506 a1 78`,
  "a negative number": `94 05 ff ${id16} 01`,
  "a number above 2^53 - 1": `94 05 cf0020000000000000 ${id16} 01`,
  "a number above 2^64 - 2": `94 05 cfffffffffffffffff ${id16} 01`,
  "not a number": `94 05 cb7ff8000000000000 ${id16} 01`,
  infinity: `94 05 cb7ff0000000000000 ${id16} 01`,
  "a wish that is a number": `97 03 01 ${id16} ${name8} a1 78 c0 01`,
  "a list that is nil": "93 0a c0 90",
  "a list that is too long": `93 0a dc 0015 ${`${id16} `.repeat(limits.lookConversationsMax + 1)} 90`,
};

const serverJson: Record<string, string> = {
  "no kind": '{"id":1}',
  "a change without a kind": `{"kind":"changes","conversation":"${conversation}","changes":[{"rev":1}]}`,
  "a change of an unknown kind and without a rev": `{"kind":"changes","conversation":"${conversation}","changes":[{"kind":"shout"}]}`,
  "a change without its number": `{"kind":"changes","conversation":"${conversation}","changes":[{"kind":"conversation","title":"x"}]}`,
  "packed bytes that are not base64url": '{"kind":"packed","deflated":"==="}',
};

const serverMessagePack: Record<string, string> = {
  "a kind that is a text": "91 a1 78",
  "a change that is a map": `93 05 ${id16} 91 80`,
  "packed bytes as text": "92 0d a1 78",
  "a timestamp for a time": "95 03 01 01 01 d6ff00000000",
};

function listed(
  direction: BadPayload["direction"],
  codec: BadPayload["codec"],
  payloads: Record<string, string>,
): BadPayload[] {
  return Object.entries(payloads).map(([title, payload]) => ({ title, direction, codec, payload }));
}

export const badPayloads: readonly BadPayload[] = [
  ...listed("client", "json", clientJson),
  ...listed("client", "msgpack", clientMessagePack),
  ...listed("server", "json", serverJson),
  ...listed("server", "msgpack", serverMessagePack),
];
