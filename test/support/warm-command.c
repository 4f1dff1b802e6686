// Loaded into ffmpeg or ffprobe ahead of everything else, it has the program wait behind its own start: two hundred libraries
// are linked once, and every command is a fork of what they became, with arguments of its own. The program is the same.
//
// A command comes by a connection: its length (4 bytes) and the folder and the arguments, each ended by a zero; then what it
// reads from its standard input, up to the end of that side. Back comes what it writes to its standard output, then what it
// wrote to its standard error, the length of that (4 bytes) and how it ended (4 bytes, as wait() has it).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RUNNING = 64, MOST_ARGUMENTS = 4096, LONGEST_RUN = 60 };

static struct {
  pid_t pid;
  int connection, errors;
} running[MOST_RUNNING];

static void fail(void) { _exit(125); }

static int readAll(int from, void *into, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t got = read(from, (char *)into + at, length - at);
    if (got > 0) at += got;
    else if (got == 0 || errno != EINTR) return 0;
  }
  return 1;
}

static void writeAll(int to, const void *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t put = write(to, (const char *)bytes + at, length - at);
    if (put > 0) at += put;
    else if (errno != EINTR) return; // Who asked is gone.
  }
}

/** Says how those ended that did. */
static void reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    for (int i = 0; i < MOST_RUNNING; i++) {
      if (running[i].pid != pid) continue;
      uint32_t length = lseek(running[i].errors, 0, SEEK_END);
      void *text = length == 0 ? NULL : mmap(NULL, length, PROT_READ, MAP_SHARED, running[i].errors, 0);
      writeAll(running[i].connection, text, length);
      writeAll(running[i].connection, &length, sizeof length);
      writeAll(running[i].connection, &status, sizeof status);
      if (text != NULL) munmap(text, length);
      close(running[i].errors);
      close(running[i].connection);
      running[i].pid = 0;
    }
}

/** Becomes the command that comes by a connection, in a process of its own; whether this is that process. */
static int become(int connection, int *argc, char ***argv) {
  uint32_t length;
  int place = 0;
  while (place < MOST_RUNNING && running[place].pid != 0) place++;
  char *text = place < MOST_RUNNING && readAll(connection, &length, sizeof length) ? malloc(length) : NULL;
  if (text == NULL || !readAll(connection, text, length)) {
    free(text);
    close(connection);
    return 0;
  }
  int errors = memfd_create("stderr", MFD_CLOEXEC);
  pid_t pid = fork();
  if (errors < 0 || pid < 0) fail();
  if (pid > 0) {
    running[place].pid = pid;
    running[place].connection = connection;
    running[place].errors = errors;
    free(text);
    return 0;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(LONGEST_RUN);
  dup2(connection, 0);
  dup2(connection, 1);
  dup2(errors, 2);
  close_range(3, ~0U, 0);
  if (chdir(text) != 0) fail();
  char **list = calloc(MOST_ARGUMENTS + 2, sizeof *list);
  list[(*argc = 1) - 1] = (*argv)[0];
  for (char *at = text + strlen(text) + 1; at < text + length && *argc <= MOST_ARGUMENTS; at += strlen(at) + 1)
    list[(*argc)++] = at;
  *argv = list;
  return 1;
}

/** Waits for commands; comes back in those alone. */
static void serve(const char *path, int *argc, char ***argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sigset_t children, before;
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, &before);
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int signals = signalfd(-1, &children, SFD_CLOEXEC);
  if (signals < 0 || bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0) fail();
  writeAll(1, "ready\n", 6);
  struct pollfd both[] = {{.fd = listener, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
  for (;;) {
    if (poll(both, 2, -1) < 0) continue;
    if (both[1].revents != 0) {
      struct signalfd_siginfo ignored;
      if (read(signals, &ignored, sizeof ignored) < 0) fail();
      reap();
    }
    if (both[0].revents == 0) continue;
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0 || !become(connection, argc, argv)) continue;
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return;
  }
}

typedef int Main(int, char **, char **);
typedef int Start(Main *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

int __libc_start_main(Main *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*linkerFini)(void), void *stackEnd) {
  Start *start = (Start *)dlsym(RTLD_NEXT, "__libc_start_main");
  char *path = getenv("WARM_COMMAND_SOCKET");
  unsetenv("LD_PRELOAD");
  unsetenv("WARM_COMMAND_SOCKET");
  if (path != NULL) serve(path, &argc, &argv);
  return start(program, argc, argv, init, fini, linkerFini, stackEnd);
}
