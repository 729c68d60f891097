// Who the numbers of one conversation are. Unknown numbers are remembered as wanted and read together.

import type { MemberNo, UserId } from "#base/ids.ts";
import type { WireChange } from "#protocol/frames.ts";
import type { Member, Role } from "./conversation-types.ts";
import { maxima } from "./maxima.ts";

const wantedMax = 200;

export class MemberBook {
  #members = new Map<MemberNo, Member>();
  /** Numbers at whose change a read that began before it is old. */
  #revs = new Map<MemberNo, number>();
  #wanted = new Set<MemberNo>();
  #absent = new Set<MemberNo>();

  get known(): readonly Member[] {
    return [...this.#members.values()].sort((a, b) => a.member - b.member);
  }

  get(member: MemberNo): Member | undefined {
    return this.#members.get(member);
  }

  /** Whether this makes a read worth while. */
  want(member: MemberNo): boolean {
    if (member === 0 || this.#members.has(member) || this.#absent.has(member)) return false;
    if (this.#wanted.size < wantedMax) this.#wanted.add(member);
    return true;
  }

  wanted(): readonly MemberNo[] {
    return [...this.#wanted];
  }

  /** Read from the server when the conversation stood at least at `rev`. */
  read(members: readonly Member[], asked: readonly MemberNo[], rev: number): void {
    for (const member of members) {
      if ((this.#revs.get(member.member) ?? 0) <= rev) this.#put(member);
      else this.#put({ ...member, ...pick(this.#members.get(member.member)) });
    }
    for (const number of asked) {
      this.#wanted.delete(number);
      if (!this.#members.has(number)) this.#absent.add(number);
    }
    if (this.#absent.size > maxima.membersPerConversationMax) this.#absent.clear();
  }

  /** How many active members more there are by this change; null: it cannot be told. */
  apply(change: Extract<WireChange, { kind: "member" }>): number | null {
    const number = change.member as MemberNo;
    const before = this.#members.get(number);
    this.#absent.delete(number);
    const { role, active, user, rev } = change;
    this.#revs.set(number, rev);
    if (this.#revs.size > maxima.membersPerConversationMax)
      this.#revs.delete(this.#revs.keys().next().value!);
    const displayName = before?.displayName || change.displayName;
    if (!before && this.#wanted.size < wantedMax) this.#wanted.add(number);
    if (!displayName) return null;
    this.#put({
      member: number,
      user: user as UserId,
      handle: before?.handle ?? "",
      displayName,
      role: role as Role,
      active,
    });
    return before ? Number(active) - Number(before.active) : null;
  }

  #put(member: Member): void {
    this.#members.delete(member.member);
    this.#members.set(member.member, member);
    if (this.#members.size > maxima.membersPerConversationMax)
      this.#members.delete(this.#members.keys().next().value!);
  }
}

function pick(member: Member | undefined): Partial<Member> {
  return member ? { role: member.role, active: member.active } : {};
}
