/* As much of WebSocket (RFC 6455) as bench/limits/epoll.c needs: the answer to a handshake, whole unfragmented frames
 * with the client's mask taken off in place, and frames of less than 64 KiB. */

#ifndef BENCH_WEBSOCKET_H
#define BENCH_WEBSOCKET_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct websocket_unit { int kind; unsigned char *payload; size_t size, bytes; };

/* 0 as long as the frame is not whole. */
static int websocket_read(unsigned char *at, size_t size, struct websocket_unit *unit) {
  if (size < 2) return 0;
  size_t length = at[1] & 127, from = 2;
  if (length == 127) return 0;
  if (length == 126) {
    if (size < 4) return 0;
    length = (size_t)at[2] << 8 | at[3];
    from = 4;
  }
  int is_masked = at[1] >> 7;
  if (size < from + 4 * is_masked + length) return 0;
  const unsigned char *mask = at + from;
  from += 4 * is_masked;
  if (is_masked && (mask[0] | mask[1] | mask[2] | mask[3]))
    for (size_t i = 0; i < length; i++) at[from + i] ^= mask[i & 3];
  *unit = (struct websocket_unit){at[0] & 15, at + from, length, from + length};
  return 1;
}

static size_t websocket_frame(unsigned char *to, const unsigned char *payload, size_t size) {
  size_t from = size < 126 ? 2 : 4;
  to[0] = 0x82;
  to[1] = size < 126 ? size : 126;
  if (from == 4) {
    to[2] = size >> 8;
    to[3] = size;
  }
  memcpy(to + from, payload, size);
  return from + size;
}

static uint32_t turned(uint32_t word, int by) { return word << by | word >> (32 - by); }

/* SHA-1 (FIPS 180-4) of at most 119 bytes. */
static void sha1(const unsigned char *text, size_t size, unsigned char digest[20]) {
  unsigned char padded[128] = {0};
  size_t blocks = size < 56 ? 1 : 2;
  memcpy(padded, text, size);
  padded[size] = 0x80;
  padded[blocks * 64 - 2] = size * 8 >> 8;
  padded[blocks * 64 - 1] = size * 8;
  uint32_t hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t block = 0; block < blocks; block++) {
    uint32_t words[80], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
    const unsigned char *in = padded + block * 64;
    for (int i = 0; i < 16; i++)
      words[i] = (uint32_t)in[4 * i] << 24 | in[4 * i + 1] << 16 | in[4 * i + 2] << 8 | in[4 * i + 3];
    for (int i = 16; i < 80; i++)
      words[i] = turned(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    for (int i = 0; i < 80; i++) {
      uint32_t mixed = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
      uint32_t next = turned(a, 5) + mixed + e + words[i];
      e = d; d = c; c = turned(b, 30); b = a; a = next;
    }
    hash[0] += a; hash[1] += b; hash[2] += c; hash[3] += d; hash[4] += e;
  }
  for (int i = 0; i < 20; i++) digest[i] = hash[i / 4] >> (24 - 8 * (i % 4));
}

/* The answer to that request; -1 when it is no handshake. */
static int websocket_answer(char *to, size_t room, const char *request) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *field = strcasestr(request, "\r\nsec-websocket-key:");
  if (!field) return -1;
  unsigned char text[64], digest[21] = {0};
  if (sscanf(field + 20, " %24[A-Za-z0-9+/=]", (char *)text) != 1 || strlen((char *)text) != 24) return -1;
  memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  sha1(text, 60, digest);
  char accept[29] = {0};
  for (int i = 0; i < 7; i++) {
    uint32_t three = (uint32_t)digest[3 * i] << 16 | digest[3 * i + 1] << 8 | digest[3 * i + 2];
    for (int j = 0; j < 4; j++) accept[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
  }
  accept[27] = '=';
  return snprintf(to, room,
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
}

#endif
