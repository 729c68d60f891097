// What must be true when it is calm again: nothing acknowledged is lost, nothing is there twice, numbers have no
// gaps, every device shows what the store holds, and unread is what its definition says.

import type { StoredConversation } from "#adapters/memory/store.ts";
import type { ConversationId } from "#base/ids.ts";
import type { ShownMessage } from "#sdk/conversation-types.ts";
import type { Device } from "./device.ts";
import type { World } from "./world.ts";

export async function agreement(world: World): Promise<void> {
  for (const id of world.conversations) {
    const stored = world.store.conversations.get(id)!;
    numbersAreGapless(world, stored);
    namesAreThereOnce(world, id, stored);
  }
  for (const device of world.devices) await deviceAgrees(world, device);
}

function numbersAreGapless(world: World, stored: StoredConversation): void {
  const revs = new Set<number>();
  stored.messages.forEach(({ row }, i) => {
    if (row.seq !== i + 1) world.violated(`seq ${row.seq} stands at place ${i + 1}`);
    if (revs.has(row.rev)) world.violated(`rev ${row.rev} was given twice`);
    revs.add(row.rev);
  });
  if (stored.head.lastSeq !== stored.messages.length) world.violated("lastSeq is not the number of messages");
}

function namesAreThereOnce(world: World, id: ConversationId, stored: StoredConversation): void {
  const seqsByName = new Map<string, number[]>();
  for (const { row } of stored.messages)
    seqsByName.set(row.name, [...(seqsByName.get(row.name) ?? []), row.seq]);
  const texts = new Map<string, number>();
  for (const device of world.devices) {
    for (const sent of device.sent) {
      if (sent.conversation !== id) continue;
      const seqs = seqsByName.get(sent.name) ?? [];
      if (seqs.length > 1) world.violated(`${sent.name} is stored ${seqs.length} times`);
      if (sent.receipt && !seqs.includes(sent.receipt.seq))
        world.violated(`acknowledged ${sent.receipt.seq} is lost`);
    }
  }
  for (const { row } of stored.messages) {
    if (!row.text.startsWith("text ")) continue;
    texts.set(row.text, (texts.get(row.text) ?? 0) + 1);
    if (texts.get(row.text)! > 1) world.violated(`"${row.text}" was said once and is stored twice`);
  }
}

async function deviceAgrees(world: World, device: Device): Promise<void> {
  if (device.client.state.kind !== "live")
    return world.violated(`${device.label} is ${device.client.state.kind}`);
  const user = device.client.me!.user;
  for (const id of world.conversations) {
    const stored = world.store.conversations.get(id)!;
    const member = stored.memberByUser.get(user);
    if (member === undefined) continue;
    const shown = await readWhole(world, device, id);
    const where = `${device.label} in ${id.slice(-4)}`;
    if (shown === null) return world.violated(`${where}: did not load in time`);
    shownIsStored(world, where, shown, stored, member);
    const item = device.client.conversations.item(id);
    const readSeq = world.store.memberships.get(user)!.get(id)!.readSeq;
    if (item?.unread !== stored.head.lastSeq - readSeq) {
      world.violated(`${where}: unread ${item?.unread}, but ${stored.head.lastSeq} - ${readSeq} is stored`);
    }
  }
}

/** Opens the conversation at its end and scrolls to its beginning. */
async function readWhole(
  world: World,
  device: Device,
  id: ConversationId,
): Promise<readonly ShownMessage[] | null> {
  const view = device.view(id);
  let isRead = false;
  const read = async () => {
    await view.openAtHead();
    while (view.hasBefore) if (!(await view.loadBefore()).ok) break;
    isRead = true;
  };
  void read();
  await world.time.run(world.time.now() - world.time.startedAt + 60_000, () => isRead);
  return isRead ? view.messages : null;
}

function shownIsStored(
  world: World,
  where: string,
  shown: readonly ShownMessage[],
  stored: StoredConversation,
  reader: number,
): void {
  const numbered = shown.filter((message) => message.status === "sent");
  const waiting = shown.filter((message) => message.status === "sending");
  if (waiting.length > 0) world.violated(`${where}: ${waiting.length} messages are still on their way`);
  if (numbered.length !== stored.messages.length) {
    return world.violated(`${where}: shows ${numbered.length} of ${stored.messages.length}`);
  }
  numbered.forEach((message, i) => {
    const { row, reactions } = stored.messages[i]!;
    const counted = [...reactions]
      .filter(([, members]) => members.size > 0)
      .map(([emoji, members]) => `${emoji}${members.size}${members.has(reader as never) ? "*" : ""}`);
    const shownReactions = message.reactions.map(
      ({ emoji, count, mine }) => `${emoji}${count}${mine ? "*" : ""}`,
    );
    const is = `${message.seq} ${message.text} ${!!message.deletedAt} ${shownReactions.sort().join()}`;
    const shouldBe = `${row.seq} ${row.text} ${!!row.deletedAt} ${counted.sort().join()}`;
    if (is !== shouldBe) world.violated(`${where}: shows "${is}", stored is "${shouldBe}"`);
  });
}
