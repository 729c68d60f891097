/* The limit: one thread, epoll, and each member's socket written once a tick for all that came for it. Speaks what
 * bench/peers/raw-publish speaks: WebSocket; a frame is a room's number (4 bytes) and a text; the text goes to the room,
 * the ten digits behind its mark to the sender. Keeps nothing. Started as `epoll PORT`. */

#define _GNU_SOURCE
#include "websocket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connections_max = 1 << 17, rooms_max = 1 << 16, read_bytes = 1 << 16, out_bytes_max = 64 << 20 };

struct bytes { unsigned char *at; size_t size, room; };
struct connection { struct bytes in, out; int is_open, is_live, is_dirty, waits_for_room; };
struct room { unsigned number; int *members; int size, room; };

static struct connection connections[connections_max];
static struct room rooms[rooms_max];
static int dirty[connections_max], dirty_count;
static int poll_fd;

static void die(const char *what) { perror(what); exit(1); }

static void append(struct bytes *to, const void *from, size_t size) {
  if (to->size + size > to->room) {
    size_t room = to->room ? to->room : 512;
    while (room < to->size + size) room *= 2;
    to->at = realloc(to->at, room);
    if (!to->at) die("realloc");
    to->room = room;
  }
  memcpy(to->at + to->size, from, size);
  to->size += size;
}

/* What is empty holds no memory: most connections are idle. */
static void drop_front(struct bytes *of, size_t size) {
  of->size -= size;
  if (of->size == 0) {
    free(of->at);
    *of = (struct bytes){0};
  } else memmove(of->at, of->at + size, of->size);
}

static struct room *room_of(unsigned number) {
  unsigned slot = (number * 2654435761u) % rooms_max;
  while (rooms[slot].members && rooms[slot].number != number) slot = (slot + 1) % rooms_max;
  rooms[slot].number = number;
  return &rooms[slot];
}

static void join(int fd, unsigned number) {
  struct room *room = room_of(number);
  if (room->size == room->room) {
    room->room = room->room ? room->room * 2 : 4;
    room->members = realloc(room->members, room->room * sizeof *room->members);
    if (!room->members) die("realloc");
  }
  room->members[room->size++] = fd;
}

/* Numbers are used again: whoever has left is in no room. */
static void leave_all(int fd) {
  for (int r = 0; r < rooms_max; r++)
    for (int m = 0; m < rooms[r].size; m++)
      if (rooms[r].members[m] == fd) rooms[r].members[m--] = rooms[r].members[--rooms[r].size];
}

static void close_connection(int fd) {
  struct connection *it = &connections[fd];
  free(it->in.at);
  free(it->out.at);
  int was_dirty = it->is_dirty;
  *it = (struct connection){.is_dirty = was_dirty};
  leave_all(fd);
  close(fd);
}

static void say(int fd, const void *bytes, size_t size) {
  struct connection *it = &connections[fd];
  append(&it->out, bytes, size);
  if (it->is_dirty) return;
  it->is_dirty = 1;
  dirty[dirty_count++] = fd;
}

static void publish(int sender, const unsigned char *payload, size_t size) {
  if (size < 18) return;
  unsigned char frame[4 + 65536];
  unsigned number = (unsigned)payload[0] << 24 | payload[1] << 16 | payload[2] << 8 | payload[3];
  size_t length = websocket_frame(frame, payload + 4, size - 4);
  struct room *room = room_of(number);
  for (int m = 0; m < room->size; m++)
    if (room->members[m] != sender) say(room->members[m], frame, length);
  length = websocket_frame(frame, payload + 8, 10);
  say(sender, frame, length);
}

static void hand_shake(int fd) {
  struct connection *it = &connections[fd];
  append(&it->in, "", 1);
  it->in.size--;
  char *text = (char *)it->in.at, *end = strstr(text, "\r\n\r\n"), answer[256];
  if (!end) return;
  char *places = strstr(text, "places=");
  for (char *at = places ? places + 7 : end; at < end && *at >= '0' && *at <= '9';) {
    join(fd, strtoul(at, &at, 10));
    if (*at == ',') at++;
  }
  int size = websocket_answer(answer, sizeof answer, text);
  if (size < 0) { close_connection(fd); return; }
  it->is_live = 1;
  say(fd, answer, size);
  unsigned char ready[4];
  say(fd, ready, websocket_frame(ready, (const unsigned char *)"", 0));
  drop_front(&it->in, end + 4 - text);
}

static void take(int fd) {
  static unsigned char chunk[read_bytes];
  struct connection *it = &connections[fd];
  ssize_t got = recv(fd, chunk, sizeof chunk, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) { close_connection(fd); return; }
  append(&it->in, chunk, got);
  if (!it->is_live) { hand_shake(fd); if (!it->is_live) return; }
  size_t at = 0;
  struct websocket_unit unit;
  while (websocket_read(it->in.at + at, it->in.size - at, &unit)) {
    if (unit.kind == 8) { close_connection(fd); return; }
    if (unit.kind == 2) publish(fd, unit.payload, unit.size);
    at += unit.bytes;
  }
  if (at > 0) drop_front(&it->in, at);
}

static void watch(int fd, int for_room, int operation) {
  struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0), .data.fd = fd};
  if (epoll_ctl(poll_fd, operation, fd, &event) < 0) die("epoll_ctl");
}

static void flush(int fd) {
  struct connection *it = &connections[fd];
  if (!it->is_open || it->out.size == 0) return;
  ssize_t sent = send(fd, it->out.at, it->out.size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) { close_connection(fd); return; }
  if (sent > 0) drop_front(&it->out, sent);
  if (it->out.size > out_bytes_max) { close_connection(fd); return; }
  int waits = it->out.size > 0;
  if (waits != it->waits_for_room) watch(fd, waits, EPOLL_CTL_MOD);
  it->waits_for_room = waits;
}

static void welcome(int listener) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= connections_max) { close(fd); continue; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections[fd].is_open = 1;
    watch(fd, 0, EPOLL_CTL_ADD);
  }
}

int main(int count, char **words) {
  if (count != 2) { fprintf(stderr, "epoll PORT\n"); return 2; }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in door = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  if (bind(listener, (struct sockaddr *)&door, sizeof door) < 0 || listen(listener, 4096) < 0) die("listen");
  poll_fd = epoll_create1(0);
  watch(listener, 0, EPOLL_CTL_ADD);
  for (;;) {
    static struct epoll_event events[1024];
    int happened = epoll_wait(poll_fd, events, 1024, -1);
    for (int e = 0; e < happened; e++) {
      int fd = events[e].data.fd;
      if (fd == listener) { welcome(listener); continue; }
      if (connections[fd].is_open && events[e].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(fd);
      if (connections[fd].is_open && events[e].events & EPOLLOUT) flush(fd);
    }
    for (int d = 0; d < dirty_count; d++) {
      connections[dirty[d]].is_dirty = 0;
      flush(dirty[d]);
    }
    dirty_count = 0;
  }
}
