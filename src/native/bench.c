/* spawnctl-bench's main: the words on standard input and output, which bench.h lists. */
#define _GNU_SOURCE
#include "bench.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int spawnctl_zygote_channel(int32_t *ends);

/* By enum creation_call. */
static const char *const creation_names[] = {
	"none", "fork (libc)", "vfork (libc)", "posix_spawn (libc)", "clone3", "clone", "clone (in the zygote)",
};

static int say_call_failed(const char *call, int error)
{
	return printf("error call %s %d\n", call, error);
}

static _Noreturn void give_up(const char *call, int error)
{
	say_call_failed(call, error);
	exit(1);
}

/* The programs run in this group, and the zygote. */
static void end_group(int sig)
{
	(void)sig;
	kill(0, SIGKILL);
}

/* Where the parent died before it was asked for, the end-of-file of the standard input says so. */
static void end_with_parent(int sig)
{
	if (prctl(PR_SET_PDEATHSIG, sig) < 0)
		give_up("prctl", errno);
}

/* A runner that is killed cannot end what it has spawned, so this child of its does. It holds nothing open. */
static void start_guard(void)
{
	pid_t runner = getpid();
	pid_t guard = fork();
	if (guard < 0)
		give_up("fork", errno);
	if (guard > 0)
		return;
	signal(SIGTERM, end_group);
	end_with_parent(SIGTERM);
	if (getppid() != runner)
		end_group(SIGTERM);
	syscall3(__NR_close_range, 0, ~0u, 0);
	for (;;)
		pause();
}

/* spawnctl-bench --tether PROGRAM ARG…: any other runner, made to end with the driver, and its group with it. */
static _Noreturn void tether(char **command)
{
	setpgid(0, 0); /* EPERM: it leads a session already */
	start_guard();
	end_with_parent(SIGKILL);
	execvp(command[0], command);
	give_up("execve", errno);
}

static uint8_t *read_images(void)
{
	size_t room = 1u << 16, bytes = 0;
	uint8_t *images = malloc(room);
	for (;;) {
		if (!images)
			give_up("malloc", ENOMEM);
		ssize_t got = read(BENCH_IMAGES, images + bytes, room - bytes);
		if (got < 0)
			give_up("read", errno);
		if (got == 0)
			break;
		bytes += (size_t)got;
		if (bytes == room)
			images = realloc(images, room *= 2);
	}
	close(BENCH_IMAGES);
	return images;
}

static uint32_t image_bytes(const uint8_t *image)
{
	return ((const struct script_header *)image)->total_bytes;
}

static const uint8_t *find_image(const uint8_t *images, char *const *names, const char *name)
{
	for (; *names && strcmp(*names, name) != 0; names++)
		images += image_bytes(images);
	return *names ? images : 0;
}

static void say_block_failed(const struct block_end *end)
{
	int status = end->wait_status;
	if (end->spawn.stage != STAGE_SPAWNED) {
		printf("error spawn ");
		for (size_t i = 0; i < sizeof end->spawn; i++)
			printf("%02x", ((const uint8_t *)&end->spawn)[i]);
		printf("\n");
	} else if (WIFSIGNALED(status)) {
		printf("error signal %d\n", WTERMSIG(status));
	} else {
		printf("error exit %d\n", WEXITSTATUS(status));
	}
}

/* Its socket gets the numbers that the images name: everything above the inherited descriptors was closed before. */
static void start_zygote(const uint8_t *image)
{
	int32_t ends[2];
	struct block_end end = {0};
	int error = spawnctl_zygote_channel(ends);
	if (error < 0 || ends[0] != BENCH_ZYGOTE || ends[1] != BENCH_ZYGOTE_THEIRS)
		give_up("socketpair", -error);
	spawnctl_spawn(image, image_bytes(image), &end.spawn);
	close(BENCH_ZYGOTE_THEIRS);
	if (end.spawn.stage == STAGE_SPAWNED)
		return;
	say_block_failed(&end);
	exit(1);
}

static void answer_carry(struct ballast *ballast, const char *words)
{
	struct ballast_wanted wanted;
	char huge_pages[8];
	const char *call;
	if (sscanf(words, "%zu %zu %7s %zu %zu", &wanted.touched_bytes, &wanted.mappings, huge_pages, &wanted.mapped_bytes,
		   &wanted.threads) != 5) {
		say_call_failed("carry", EINVAL);
		return;
	}
	wanted.huge_pages = strcmp(huge_pages, "always") == 0;
	int error = carry(ballast, &wanted, &call);
	if (error)
		say_call_failed(call, -error);
	else
		printf("carried\n");
}

static void answer_run(const uint8_t *images, char *const *names, const char *words)
{
	char name[64];
	uint32_t count;
	struct block_end end = {0};
	const uint8_t *image = 0;
	if (sscanf(words, "%63s %" SCNu32, name, &count) == 2)
		image = find_image(images, names, name);
	if (!image || count == 0) {
		say_call_failed("run", EINVAL);
		return;
	}
	/* Populated, so that no sample pays for the page that it is written to. */
	size_t bytes = count * sizeof(struct sample);
	struct sample *samples = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (samples == MAP_FAILED) {
		say_call_failed("mmap", errno);
		return;
	}
	if (run_block(image, image_bytes(image), count, samples, &end) == count) {
		for (uint32_t i = 0; i < count; i++)
			printf("%" PRIu64 " %" PRIu64 "\n", samples[i].caller_blocked_ns, samples[i].spawn_to_exit_ns);
		printf("done %s\n", creation_names[end.spawn.creation_call]);
	} else {
		say_block_failed(&end);
	}
	munmap(samples, bytes);
}

int main(int argc, char **argv)
{
	char line[256];
	struct ballast ballast = {0};
	char *const *names = argv + 1;
	if (argc > 2 && strcmp(argv[1], "--tether") == 0)
		tether(argv + 2);
	setpgid(0, 0); /* EPERM: it leads a session already */
	signal(SIGTERM, end_group);
	end_with_parent(SIGTERM);
	fcntl(BENCH_NULL, F_SETFD, FD_CLOEXEC);
	fcntl(BENCH_CWD, F_SETFD, FD_CLOEXEC);
	syscall3(__NR_close_range, BENCH_IMAGES + 1, ~0u, 0);
	const uint8_t *images = read_images();
	const uint8_t *zygote = find_image(images, names, BENCH_ZYGOTE_PROGRAM);
	if (zygote)
		start_zygote(zygote);
	printf("ready 1\n");
	while (fflush(stdout) == 0 && fgets(line, sizeof line, stdin)) {
		if (strncmp(line, "carry ", 6) == 0)
			answer_carry(&ballast, line + 6);
		else if (strncmp(line, "run ", 4) == 0)
			answer_run(images, names, line + 4);
		else
			say_call_failed("command", EINVAL);
	}
	if (zygote) {
		close(BENCH_ZYGOTE);
		wait(0);
	}
	return 0;
}
