#define _GNU_SOURCE
// The cheapest fan-out there is: whoever sends SIZE bytes has them sent to everybody.  epoll and send, one thread.
// floor PORT PEERS SIZE: prints "ready", serves until its first peer leaves, prints CPU seconds and sends.
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

static void fail(const char *what) { perror(what); exit(1); }

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 4) { fprintf(stderr, "floor PORT PEERS SIZE\n"); return 2; }
  int peers = atoi(argv[2]), size = atoi(argv[3]), one = 1, joined = 0;
  int *sockets = calloc(peers, sizeof(int)), *have = calloc(65536, sizeof(int));
  char *frame = malloc(size);
  memset(frame, 'x', size);
  int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1024)) fail("listen");
  printf("ready\n");
  fflush(stdout);
  while (joined < peers) {
    int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (peer < 0) fail("accept");
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event watch = {.events = EPOLLIN, .data.fd = peer};
    epoll_ctl(poll, EPOLL_CTL_ADD, peer, &watch);
    sockets[joined++] = peer;
  }
  double started = cpu();
  long sends = 0, skipped = 0;
  char buffer[65536];
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      int from = events[i].data.fd;
      ssize_t got = recv(from, buffer, sizeof buffer, 0);
      if (got <= 0) {
        if (got < 0 && errno == EAGAIN) continue;
        printf("%f %ld %ld\n", cpu() - started, sends, skipped);
        return 0;
      }
      for (have[from] += got; have[from] >= size; have[from] -= size)
        for (int peer = 0; peer < peers; peer++) {
          if (send(sockets[peer], frame, size, MSG_NOSIGNAL | MSG_DONTWAIT) == size) sends++;
          else skipped++;
        }
    }
  }
}
