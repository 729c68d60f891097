// Who is really at the other end: the peer of the connection, or what a trusted proxy says of it.

import { BlockList, isIPv6 } from "node:net";

export interface Peers {
  /** The last address of X-Forwarded-For that is no proxy of ours, when the peer is one; else the peer. */
  clientAddress(headers: Headers, peer: string): string;
  /** Whether a trusted proxy says that the client's connection was TLS. */
  isForwardedSecurely(headers: Headers, peer: string): boolean;
}

/** `trusted`: addresses or networks in CIDR form. */
export function knowPeers(trusted: readonly string[]): Peers {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => {
    if (trusted.length === 0) return false;
    const plain = address.replace(/^::ffff:/, "");
    return list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
  return {
    clientAddress(headers, peer) {
      if (!isTrusted(peer)) return peer;
      const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
      return hops.reverse().find((hop) => hop !== "" && !isTrusted(hop)) ?? peer;
    },
    isForwardedSecurely: (headers, peer) => isTrusted(peer) && headers.get("x-forwarded-proto") === "https",
  };
}
