// Holds many logged-in sessions with next to no memory of its own: 40 bytes a session beside its socket. It knows
// WebSocket and nothing of Banyan: the frames of hello and ping are given to it. Commands come on stdin ("hold N",
// "beat N": 0 or 1, "quit"); every second, and at the end, a line of counts goes to stdout.
//
// Usage: hold-sessions FRAMES FIRST STEP COUNT HOST PORT HEARTBEAT_MS DIALING
// FRAMES: int32 frame bytes, int32 ping bytes, the ping frame, then a hello frame for each seat. Seat i of this
// process is FIRST + i * STEP. DIALING: connections that are on their way at a time.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { closed, dialing, shaking, greeting, live };
enum { buffer_bytes = 1 << 18, events_max = 1024, tick_ms = 100 };
enum { first_source = 0x7f400001, sources = 4 };  // 127.64.0.1 and on

typedef struct {
  int fd;
  uint32_t skip;        // bytes of the frame at hand that are still to come
  int64_t again_at;     // when to dial again, 0: it is not waiting
  uint8_t state, head_bytes, head[12], matched, first;
} session;

static const char *frames;
static int32_t frame_bytes, ping_bytes, first_seat, step, count, heartbeat_ms, dialing_max;
static session *all;
static struct sockaddr_in server;
static int poller;
static int wanted, on_way, next_new, is_beating = 1;
static int waiting, alive, refused, lost, failed;
static uint64_t pings, frames_in, bytes_in, bytes_out;
static unsigned char buffer[buffer_bytes];
static char request[512];
static int request_bytes;

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const char *hello_of(int i) {
  return frames + 8 + ping_bytes + (int64_t)frame_bytes * (first_seat + (int64_t)i * step);
}

/** What does not go out at once is a broken session: no frame here is larger than an empty send buffer. */
static int put(session *s, const char *bytes, int length) {
  if (send(s->fd, bytes, length, MSG_NOSIGNAL) != length) return -1;
  bytes_out += length;
  return 0;
}

static void end(int i, int is_refused) {
  session *s = &all[i];
  if (s->fd >= 0) close(s->fd);
  if (s->state == live) { alive--; lost++; }
  else if (s->state != closed) { on_way--; if (is_refused) refused++; else failed++; }
  s->fd = -1;
  s->state = closed;
  s->skip = s->head_bytes = s->matched = 0;
  s->again_at = now_ms() + 300 + rand() % 700;
  waiting++;
}

static void dial(int i) {
  session *s = &all[i];
  s->state = dialing;
  on_way++;
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (s->fd < 0) return end(i, 0);
  int one = 1;
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // From several addresses: the kernel looks for a free port one by one, and with most of one address's half taken (it
  // tries the even ones first) that is 5 ms a connection.
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(first_source + i % sources) };
  setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(s->fd, (struct sockaddr *)&from, sizeof from) < 0) return end(i, 0);
  if (connect(s->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) return end(i, 0);
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = i };
  if (epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &event) < 0) end(i, 0);
}

/** A whole frame began with these bytes: the server's answer to hello is any binary frame but `refused`. */
static int heard(int i, unsigned char opcode, unsigned char kind) {
  session *s = &all[i];
  frames_in++;
  if (opcode == 8) { end(i, 1); return -1; }
  if (s->state == greeting && opcode == 2) {
    if (kind == 4) { end(i, 1); return -1; }
    s->state = live;
    on_way--;
    alive++;
  }
  return 0;
}

/** Walks the frames in these bytes; keeps only the head of one that is cut. */
static int read_frames(int i, const unsigned char *at, int left) {
  session *s = &all[i];
  while (left > 0) {
    if (s->skip > 0) {
      uint32_t part = s->skip < (uint32_t)left ? s->skip : (uint32_t)left;
      s->skip -= part;
      at += part;
      left -= part;
      continue;
    }
    s->head[s->head_bytes++] = *at++;
    left--;
    if (s->head_bytes < 2) continue;
    int length = s->head[1] & 127;
    int size_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    // Two bytes of the payload tell the kind of a MessagePack frame; a shorter payload has no kind.
    int kind_bytes = size_bytes || length >= 2 ? 2 : length;
    if (s->head_bytes < 2 + size_bytes + kind_bytes && s->head_bytes < (int)sizeof s->head) continue;
    uint64_t whole = length;
    if (size_bytes) {
      whole = 0;
      for (int b = 0; b < size_bytes; b++) whole = whole << 8 | s->head[2 + b];
    }
    int inside = s->head_bytes - 2 - size_bytes;
    unsigned char kind = inside >= 2 ? s->head[3 + size_bytes] : 0;
    s->skip = (uint32_t)(whole - inside);
    s->head_bytes = 0;
    if (heard(i, s->head[0] & 15, kind) < 0) return -1;
  }
  return 0;
}

static void readable(int i) {
  session *s = &all[i];
  for (;;) {
    ssize_t got = recv(s->fd, buffer, buffer_bytes, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return end(i, 0);
    bytes_in += got;
    int from = 0;
    if (s->state == shaking) {
      static const char ending[] = "\r\n\r\n";
      if (s->first == 0) { s->first = 1; if (got < 12 || memcmp(buffer + 9, "101", 3)) return end(i, 1); }
      while (from < got && s->matched < 4)
        s->matched = buffer[from++] == ending[s->matched] ? s->matched + 1 : buffer[from - 1] == '\r';
      if (s->matched < 4) continue;
      s->state = greeting;
      if (put(s, hello_of(i), frame_bytes) < 0) return end(i, 0);
    }
    if (read_frames(i, buffer + from, (int)(got - from)) < 0) return;
    if (got < buffer_bytes) return;
  }
}

static void ready(int i, uint32_t events) {
  session *s = &all[i];
  if (s->state == closed) return;
  if (events & (EPOLLERR | EPOLLHUP)) return end(i, 0);
  if (s->state == dialing && events & EPOLLOUT) {
    s->state = shaking;
    s->first = s->matched = 0;
    if (put(s, request, request_bytes) < 0) return end(i, 0);
  }
  if (events & EPOLLIN) readable(i);
}

static void dial_more(void) {
  while (on_way < dialing_max && next_new < wanted) dial(next_new++);
  if (waiting == 0) return;
  int64_t now = now_ms();
  for (int i = 0; i < next_new && on_way < dialing_max && waiting > 0; i++)
    if (all[i].again_at != 0 && all[i].again_at <= now) {
      all[i].again_at = 0;
      waiting--;
      dial(i);
    }
}

/** Every session once in a heartbeat, in the same place of it: as people who came at different times. */
static void beat(int64_t now) {
  static int64_t beaten_at = 0;
  static double due = 0;
  static int turn = 0;
  if (beaten_at == 0) beaten_at = now;
  due += (double)(now - beaten_at) * next_new / heartbeat_ms;
  beaten_at = now;
  for (; due >= 1 && next_new > 0; due -= 1) {
    turn = (turn + 1) % next_new;
    if (all[turn].state != live) continue;
    pings++;
    if (put(&all[turn], frames + 8, ping_bytes) < 0) end(turn, 0);
  }
}

static void tell(void) {
  printf("{\"live\":%d,\"onWay\":%d,\"refused\":%d,\"lost\":%d,\"failed\":%d,\"pings\":%llu,\"framesIn\":%llu,"
         "\"bytesIn\":%llu,\"bytesOut\":%llu}\n", alive, on_way, refused, lost, failed, (unsigned long long)pings,
         (unsigned long long)frames_in, (unsigned long long)bytes_in, (unsigned long long)bytes_out);
  fflush(stdout);
}

/** -1: to end. */
static int command(void) {
  char line[256];
  ssize_t got = read(0, line, sizeof line - 1);
  if (got <= 0) return errno == EAGAIN && got < 0 ? 0 : -1;
  line[got] = 0;
  for (char *each = strtok(line, "\n"); each; each = strtok(NULL, "\n")) {
    if (sscanf(each, "hold %d", &wanted) == 1) { if (wanted > count) wanted = count; }
    else if (sscanf(each, "beat %d", &is_beating) == 1) continue;
    else if (!strcmp(each, "quit")) return -1;
  }
  return 0;
}

static void *or_die(void *what, const char *name) {
  if (what != NULL && what != MAP_FAILED) return what;
  perror(name);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int file = open(argv[1], O_RDONLY);
  struct stat stat;
  if (file < 0 || fstat(file, &stat) < 0) { perror(argv[1]); return 1; }
  frames = or_die(mmap(NULL, stat.st_size, PROT_READ, MAP_SHARED, file, 0), "mmap");
  memcpy(&frame_bytes, frames, 4);
  memcpy(&ping_bytes, frames + 4, 4);
  first_seat = atoi(argv[2]);
  step = atoi(argv[3]);
  count = atoi(argv[4]);
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(argv[6]));
  if (inet_pton(AF_INET, argv[5], &server.sin_addr) != 1) return 2;
  heartbeat_ms = atoi(argv[7]);
  dialing_max = atoi(argv[8]);
  if (8 + ping_bytes + (int64_t)frame_bytes * (first_seat + (int64_t)(count - 1) * step + 1) > stat.st_size) return 2;
  request_bytes = snprintf(request, sizeof request,
    "GET /v1/socket HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: YmFueWFuLWJlbmNoLWtleQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: banyan.v1.msgpack\r\n\r\n", argv[5], argv[6]);
  all = or_die(calloc(count, sizeof *all), "calloc");
  for (int i = 0; i < count; i++) all[i].fd = -1;
  poller = epoll_create1(EPOLL_CLOEXEC);
  fcntl(0, F_SETFL, O_NONBLOCK);
  struct epoll_event input = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input);
  static struct epoll_event events[events_max];
  int64_t ticked_at = 0, told_at = 0;
  for (;;) {
    int many = epoll_wait(poller, events, events_max, on_way > 0 ? 20 : tick_ms);
    if (many < 0 && errno != EINTR) return 1;
    for (int e = 0; e < many; e++) {
      if (events[e].data.u32 != UINT32_MAX) ready((int)events[e].data.u32, events[e].events);
      else if (command() < 0) { tell(); return 0; }
    }
    int64_t now = now_ms();
    dial_more();
    if (is_beating && now - ticked_at >= tick_ms) { ticked_at = now; beat(now); }
    if (now - told_at >= 1000) { told_at = now; tell(); }
  }
}
