// The contract of sockets, rules P41 - P44 and P92, for adapters that speak to real clients, over real connections.

import { afterEach, describe, expect, test } from "bun:test";
import type { Socket, SocketHandler, SocketPayload, Sockets } from "#ports/sockets.ts";
import { until } from "#tests/parts/until.ts";
import { openRawReader, type RawReader } from "./raw-reader.ts";

export interface SocketsUnderTest {
  readonly sockets: Sockets;
  /** Where a client connects, as ws://. */
  readonly url: string;
  close(): Promise<void>;
}

export interface SocketsLimits {
  readonly sendQueueBytesMax: number;
  readonly silenceMs: number;
}

const subprotocol = "banyan.v1.json";
const usual: SocketsLimits = { sendQueueBytesMax: 256 * 1024, silenceMs: 60_000 };

export function socketsContract(
  name: string,
  open: (handler: SocketHandler, limits: SocketsLimits) => Promise<SocketsUnderTest>,
): void {
  describe(`sockets, ${name}`, () => {
    const toClose: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of toClose.splice(0).reverse()) await close();
    });

    async function openSockets(limits: SocketsLimits = usual) {
      const seen = new Seen();
      const opened = await open(seen, limits);
      toClose.push(() => opened.close());
      return { ...opened, seen };
    }

    /** A client, with the server's side of it. */
    async function openClient(url: string, seen: Seen) {
      const client = new WebSocket(url, subprotocol);
      toClose.push(() => client.close());
      client.binaryType = "arraybuffer";
      const got: (string | Uint8Array)[] = [];
      const wakers = new Set<() => void>();
      client.onmessage = ({ data }) => {
        got.push(typeof data === "string" ? data : new Uint8Array(data));
        for (const wake of wakers) wake();
      };
      const closed = new Promise<void>((resolve) => {
        client.onclose = () => resolve();
      });
      const until = (count: number) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (got.length >= count) resolve();
          };
          wakers.add(look);
          look();
        });
      const open = new Promise<void>((resolve) => {
        client.onopen = () => resolve();
      });
      const [socket] = await Promise.all([seen.next(), open]);
      return { client, socket, got, closed, until };
    }

    async function openReader(url: string, seen: Seen): Promise<{ reader: RawReader; socket: Socket }> {
      const reader = await openRawReader(url, subprotocol);
      toClose.push(() => reader.vanish());
      return { reader, socket: await seen.next() };
    }

    /** 64 KiB that say which they are, from the first character to the last. */
    const large = (index: number) => `${index} `.padEnd(64 * 1024, String(index % 10));

    test("[P41] what send takes comes whole and in order, what it refuses comes never", async () => {
      const { url, seen } = await openSockets();
      const { reader, socket } = await openReader(url, seen);
      reader.stopReading();
      const taken: string[] = [];
      let refusals = 0;
      for (let index = 0; refusals < 20; index++) {
        if (index === 5000) throw new Error("a reader that does not read took more than 300 MiB");
        const payload = large(index);
        if (socket.send(payload)) taken.push(payload);
        else refusals++;
        if (index % 16 === 0) await new Promise(setImmediate);
      }
      reader.readOn();
      await reader.until(taken.at(-1)!);
      await sendAtLast(socket, "the end");
      await reader.until("the end");
      expect(reader.texts.length).toBe(taken.length + 1);
      expect(reader.texts.slice(0, -1)).toEqual(taken);
    });

    test("[P41] a slow subscriber loses whole payloads, the others none and no time", async () => {
      const { url, sockets, seen } = await openSockets();
      const fast = await openClient(url, seen);
      const { reader, socket } = await openReader(url, seen);
      for (const each of [fast.socket, socket]) each.subscribe("room");
      reader.stopReading();
      const payloads = Array.from({ length: 400 }, (_, index) => large(index));
      for (const [index, payload] of payloads.entries()) {
        sockets.publish("room", payload);
        await fast.until(index + 1);
      }
      expect(fast.got).toEqual(payloads);
      reader.readOn();
      await sendAtLast(socket, "the end");
      await reader.until("the end");
      const came = reader.texts.slice(0, -1).map((text) => payloads.indexOf(text));
      expect(came).not.toContain(-1);
      expect(came).toEqual(came.toSorted((a, b) => a - b));
      expect(new Set(came).size).toBe(came.length);
      expect(came.length).toBeLessThan(payloads.length);
    }, 20_000);

    test("[P42] a topic's payloads come whole, in order and as they are, to its subscribers alone", async () => {
      const { url, sockets, seen } = await openSockets();
      const [first, second, third] = [
        await openClient(url, seen),
        await openClient(url, seen),
        await openClient(url, seen),
      ];
      first.socket.subscribe("a");
      second.socket.subscribe("a");
      second.socket.subscribe("b");
      third.socket.subscribe("b");
      const bytes = Uint8Array.from({ length: 300 }, (_, index) => index & 255);
      const payloads: SocketPayload[] = ["", "text 🌳", bytes, "x".repeat(100_000), new Uint8Array(0)];
      for (const payload of payloads) sockets.publish("a", payload);
      sockets.publish("nobody", "unheard");
      second.socket.unsubscribe("a");
      sockets.publish("a", "after");
      sockets.publish("b", "of b");
      await Promise.all([
        first.until(payloads.length + 1),
        second.until(payloads.length + 1),
        third.until(1),
      ]);
      expect(first.got).toEqual([...payloads, "after"]);
      expect(second.got).toEqual([...payloads, "of b"]);
      expect(third.got).toEqual(["of b"]);
    });

    test("[P42] sends and publishes keep one order, also those that leave together", async () => {
      const { url, sockets, seen } = await openSockets();
      const { socket, got, until } = await openClient(url, seen);
      socket.subscribe("room");
      socket.send("1");
      socket.together(() => {
        for (const text of ["2", "3", "4"]) socket.send(text);
      });
      sockets.publish("room", "5");
      socket.send("6");
      await until(6);
      expect(got).toEqual(["1", "2", "3", "4", "5", "6"]);
    });

    test("what a client sends comes to the handler whole and in order, with its subprotocol", async () => {
      const { url, seen } = await openSockets();
      const { client, socket } = await openClient(url, seen);
      expect(client.protocol).toBe(subprotocol);
      expect(socket.subprotocol).toBe(subprotocol);
      expect(socket.cookieToken).toBeNull();
      client.send("text 🌳");
      client.send(Uint8Array.of(0, 255));
      client.close();
      await seen.untilClosed(socket);
      expect(seen.payloads.get(socket)).toEqual(["text 🌳", Uint8Array.of(0, 255)]);
    });

    test("[P92] of a paused socket nothing is read until it is resumed, and then all of it, in order", async () => {
      const { url, seen } = await openSockets();
      const [held, other] = [await openClient(url, seen), await openClient(url, seen)];
      held.client.send("0");
      await until("the first is read", () => seen.payloads.get(held.socket)?.length === 1);
      held.socket.pause();
      for (let i = 1; i <= 40; i++) {
        held.client.send(String(i));
        other.client.send(String(i));
        held.socket.send(`told ${i}`);
      }
      await held.until(40);
      await until("the other is read", () => seen.payloads.get(other.socket)?.length === 40);
      expect(seen.payloads.get(held.socket)).toEqual(["0"]);
      held.socket.resume();
      await until("all is read", () => seen.payloads.get(held.socket)?.length === 41);
      expect(seen.payloads.get(held.socket)).toEqual(Array.from({ length: 41 }, (_, i) => String(i)));
      held.socket.pause();
      held.socket.close(4000, "enough");
      await seen.untilClosed(held.socket);
      held.socket.resume();
    });

    test("[P43] closed comes once, whoever ended it, and nothing is received or sent afterwards", async () => {
      const { url, sockets, seen } = await openSockets();
      const [byClient, byServer] = [await openClient(url, seen), await openClient(url, seen)];
      const vanished = await openReader(url, seen);
      const remaining = await openClient(url, seen);
      const closing = [byClient.socket, byServer.socket, vanished.socket];
      for (const socket of [...closing, remaining.socket]) socket.subscribe("room");
      byClient.client.close();
      byServer.socket.close(4000, "enough");
      byServer.client.send("too late");
      vanished.reader.vanish();
      for (const socket of closing) await seen.untilClosed(socket);
      await Promise.all([byClient.closed, byServer.closed]);
      for (const socket of closing) {
        expect(socket.send("to nobody")).toBe(false);
        socket.subscribe("room");
        socket.unsubscribe("room");
        socket.together(() => socket.send("to nobody"));
        socket.close(4000, "again");
      }
      sockets.publish("room", "who is left");
      await remaining.until(1);
      for (const socket of closing) {
        expect(seen.closings.get(socket)).toBe(1);
        expect(seen.receivedAfterClose.get(socket) ?? 0).toBe(0);
      }
      expect(byServer.got).toEqual([]);
      expect(seen.closings.has(remaining.socket)).toBe(false);
    });

    test("[P44] a client that says nothing is closed, also one that is spoken to; one that speaks is not", async () => {
      const { url, seen } = await openSockets({ ...usual, silenceMs: 1000 });
      const startedMs = performance.now();
      const talking = await openClient(url, seen);
      const silent = await openClient(url, seen);
      const spokenTo = await openReader(url, seen);
      const heartbeat = setInterval(() => {
        talking.client.send("still here");
        spokenTo.socket.send("are you?");
      }, 200);
      toClose.push(() => clearInterval(heartbeat));
      await Promise.race([seen.untilClosed(silent.socket), seen.untilClosed(spokenTo.socket)]);
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1000);
      await Promise.all([seen.untilClosed(silent.socket), seen.untilClosed(spokenTo.socket)]);
      expect(seen.closings.has(talking.socket)).toBe(false);
      expect(talking.client.readyState).toBe(WebSocket.OPEN);
    }, 20_000);
  });
}

/** Tries until the queue has room again. */
async function sendAtLast(socket: Socket, text: string): Promise<void> {
  while (!socket.send(text)) await new Promise(setImmediate);
}

/** A handler that remembers what happened. */
class Seen implements SocketHandler {
  readonly payloads = new Map<Socket, SocketPayload[]>();
  readonly receivedAfterClose = new Map<Socket, number>();
  readonly closings = new Map<Socket, number>();
  readonly #opened: Socket[] = [];
  readonly #wakers = new Set<() => void>();

  opened(socket: Socket): void {
    this.#opened.push(socket);
    this.#wake();
  }

  received(socket: Socket, payload: SocketPayload): void {
    const payloads = this.payloads.get(socket) ?? [];
    payloads.push(typeof payload === "string" ? payload : Uint8Array.from(payload));
    this.payloads.set(socket, payloads);
    if (this.closings.has(socket))
      this.receivedAfterClose.set(socket, (this.receivedAfterClose.get(socket) ?? 0) + 1);
  }

  closed(socket: Socket): void {
    this.closings.set(socket, (this.closings.get(socket) ?? 0) + 1);
    this.#wake();
  }

  /** The next socket that opens, or has opened and was not asked for yet. */
  async next(): Promise<Socket> {
    await this.#until(() => this.#opened.length > 0);
    return this.#opened.shift()!;
  }

  untilClosed(socket: Socket): Promise<void> {
    return this.#until(() => this.closings.has(socket));
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#wakers.delete(look);
        resolve();
      };
      this.#wakers.add(look);
      look();
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}
