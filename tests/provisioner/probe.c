/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe WHAT [ARG]: what the end-to-end tests ask from inside a sandbox. It says what it found, one
 * fact a line; the tests know what it should be. Static, so that it runs in an empty root.
 */
#include <errno.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe_leave.h"

static void tell(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
	fflush(stdout);
}

#define TELL(what, call)                                                                           \
	do {                                                                                       \
		errno = 0;                                                                         \
		tell(what, (long)(call));                                                          \
	} while (0)

static void *const nowhere = NULL;

static int probe_calls(const char *arg)
{
	TELL("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	TELL("umount", umount2("/tmp", MNT_DETACH));
	TELL("pivot_root", syscall(SYS_pivot_root, ".", "."));
	TELL("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	TELL("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
	TELL("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, nowhere, 0));
	TELL("unshare-user", unshare(CLONE_NEWUSER));
	TELL("setns", setns(0, 0));
	TELL("clone-newuser", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	TELL("clone-newnet", syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
	TELL("clone3", syscall(SYS_clone3, nowhere, 0));
	TELL("chroot", chroot("/tmp"));
	TELL("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	TELL("process_vm_readv", syscall(SYS_process_vm_readv, 1, nowhere, 0, nowhere, 0, 0));
	TELL("pidfd_getfd", syscall(SYS_pidfd_getfd, 0, 0, 0));
	TELL("bpf", syscall(SYS_bpf, 0, nowhere, 0));
	TELL("perf_event_open", syscall(SYS_perf_event_open, nowhere, 0, 0, 0, 0));
	TELL("userfaultfd", syscall(SYS_userfaultfd, 0));
	TELL("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
	TELL("add_key", syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_PROCESS_KEYRING));
	TELL("io_uring_setup", syscall(SYS_io_uring_setup, 1, nowhere));
	TELL("open_by_handle_at", syscall(SYS_open_by_handle_at, 0, nowhere, 0));
	TELL("init_module", syscall(SYS_init_module, nowhere, 0, ""));
	TELL("kexec_load", syscall(SYS_kexec_load, 0, 0, nowhere, 0));
	TELL("reboot", syscall(SYS_reboot, 0, 0, 0, nowhere));
	TELL("settimeofday", syscall(SYS_settimeofday, nowhere, nowhere));
	TELL("sethostname", sethostname("x", 1));
	TELL("syslog", syscall(SYS_syslog, 3, nowhere, 0));
	TELL("tiocsti", ioctl(0, TIOCSTI, "x"));
	/* The kernel looks at 32 bits; so must the filter. */
	TELL("tiocsti-high", syscall(SYS_ioctl, 0, TIOCSTI | 1UL << 32, "x"));
	TELL("tioclinux", ioctl(0, 0x541c, "x"));
	TELL("personality-exec", personality(READ_IMPLIES_EXEC));
	TELL("personality-ask", personality(0xffffffff));
	TELL("unknown", syscall(1000));
	return 0;
}

/* Each in a child: the filter is to kill it. */
static int probe_foreign(const char *arg)
{
	for (int way = 0; way < 2; way++) {
		pid_t pid = fork();
		if (pid == 0) {
#if defined(__x86_64__)
			long result;
			if (way == 0) /* getpid of i386 */
				__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
			else /* getpid of x32 */
				syscall(0x40000000 + SYS_getpid);
#else
			raise(SIGSYS);
#endif
			_exit(0);
		}
		int status = 0;
		waitpid(pid, &status, 0);
		printf("%s %d\n", way ? "x32" : "i386", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		fflush(stdout);
	}
	return 0;
}

static int probe_sockets(const char *arg)
{
	for (int family = 0; family < 50; family++) {
		int fd = socket(family, family == AF_NETLINK ? SOCK_RAW : SOCK_DGRAM, 0);
		printf("%d %s\n", family, fd < 0 ? strerrorname_np(errno) : "ok");
		close(fd);
	}
	int fd = socket(AF_NETLINK, SOCK_RAW, 9 /* audit */);
	printf("audit %s\n", fd < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

static int probe_fds(const char *arg)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d\n", fd);
	return 0;
}

static int probe_memory(const char *arg)
{
	size_t bytes = strtoull(arg, NULL, 10) << 20;
	char *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED) {
		printf("refused\n");
		return 3;
	}
	for (size_t i = 0; i < bytes; i += 4096)
		data[i] = 1;
	printf("had it\n");
	return 0;
}

/* As many processes as there may be, counted; they all wait for the end of this one. */
static int probe_processes(const char *arg)
{
	int wanted = atoi(arg), made = 0;
	for (; made < wanted; made++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (pid == 0) {
			pause();
			_exit(0);
		}
	}
	printf("%d %s\n", made, made < wanted ? strerrorname_np(errno) : "ok");
	return 0;
}

static int probe_burn(const char *arg)
{
	struct timeval start, now;
	gettimeofday(&start, NULL);
	do
		gettimeofday(&now, NULL);
	while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_usec - start.tv_usec) / 1e6 <
	       atof(arg));
	return 0;
}

/* As many refused calls as it is told, or for ever. */
static int probe_refused(const char *arg)
{
	long n = atol(arg), made = 0, refused = 0;
	for (; n == 0 || made < n; made++)
		refused += syscall(SYS_mount, NULL, NULL, NULL, 0, NULL) < 0 && errno == EPERM;
	printf("%ld\n", refused);
	return 0;
}

/* To as many ports as it is told, at an address that is nobody's. */
static int probe_reach(const char *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
	inet_pton(AF_INET, "192.0.2.7", &to.sin_addr);
	inet_pton(AF_INET6, "2001:db8::7", &to6.sin6_addr);
	for (int i = 1; i <= atoi(arg); i++) {
		to.sin_port = htons((uint16_t)i);
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	}
	connect(fd6, (struct sockaddr *)&to6, sizeof(to6));
	connect(fd6, NULL, 16);
	connect(fd6, (struct sockaddr *)&to6, 3);
	connect(-1, (struct sockaddr *)1, UINT32_MAX);
	puts("tried");
	return 0;
}

/* What maintainer scripts do as root. */
static int probe_ids(const char *arg)
{
	close(open("/tmp/file", O_CREAT | O_WRONLY, 0644));
	TELL("chown", chown("/tmp/file", 0, 42));
	TELL("chown-other", chown("/tmp/file", 123, 456));
	TELL("mknod", mknod("/tmp/device", S_IFCHR | 0600, makedev(1, 3)));
	TELL("mkfifo", mkfifo("/tmp/fifo", 0600));
	TELL("fsync", fsync(0));
	TELL("setgroups", syscall(SYS_setgroups, 0, NULL));
	TELL("setgid", syscall(SYS_setresgid, 33, 33, 33));
	TELL("setuid", syscall(SYS_setresuid, 33, 33, 33));
	return 0;
}

static int probe_limits(const char *arg)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {{"nofile", RLIMIT_NOFILE},
		      {"fsize", RLIMIT_FSIZE},
		      {"core", RLIMIT_CORE},
		      {"data", RLIMIT_DATA},
		      {"nproc", RLIMIT_NPROC}};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;
		getrlimit((__rlimit_resource_t)limits[i].resource, &limit);
		printf("%s %lld\n", limits[i].name, (long long)limit.rlim_cur);
	}
	return 0;
}

static int probe_dumpable(const char *arg)
{
	printf("%d\n", open("/proc/1/mem", O_RDONLY));
	printf("%d\n", open("/proc/1/root", O_RDONLY));
	printf("%d\n", kill(1, SIGKILL));
	return 0;
}

static int probe_securebits(const char *arg)
{
	printf("%#x\n", (unsigned)prctl(PR_GET_SECUREBITS));
	TELL("keep-caps", prctl(PR_SET_KEEPCAPS, 1));
	TELL("change", prctl(PR_SET_SECUREBITS, 0));
	TELL("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
	return 0;
}

/* A terminal's names, whether it can be taken as one's own, and typed into. */
static int probe_terminal(const char *arg)
{
	printf("session %d\n", getsid(0) == getpid());
	TELL("tty", open("/dev/tty", O_RDWR));
	TELL("take", ioctl(0, TIOCSCTTY, 1));
	return 0;
}

static int probe_dump(const char *arg)
{
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
	struct rlimit limit;
	getrlimit(RLIMIT_CORE, &limit);
	printf("core %llu\n", (unsigned long long)limit.rlim_max);
	return 0;
}

/* How many words there are, and how long they are together: of the arguments, the environment. */
static int count_words(char **argv)
{
	size_t n = 0, bytes = 0, n_env = 0, env_bytes = 0;
	for (; argv[n]; n++)
		bytes += strlen(argv[n]);
	for (; environ[n_env]; n_env++)
		env_bytes += strlen(environ[n_env]);
	printf("words %zu\nbytes %zu\nvariables %zu\nvariable-bytes %zu\n", n, bytes, n_env,
	       env_bytes);
	return 0;
}

/*
 * probe without CALL... -- COMMAND...: the command on a kernel that lacks these calls. This is for
 * the outside: sbx-provision itself is started so.
 */
static int run_without(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned number;
	} calls[] = {
		{"mount_setattr", SYS_mount_setattr},
		{"open_tree", SYS_open_tree},
		{"openat2", SYS_openat2},
		{"clone3", SYS_clone3},
		{"landlock", SYS_landlock_create_ruleset},
		{"seccomp", SYS_seccomp},
		{"fsopen", SYS_fsopen},
		{"fsconfig", SYS_fsconfig},
		{"fsmount", SYS_fsmount},
		{"move_mount", SYS_move_mount},
		{"close_range", SYS_close_range},
		{"pidfd_open", SYS_pidfd_open},
		{"memfd_create", SYS_memfd_create},
		{"setns", SYS_setns},
	};
	struct sock_filter code[64] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	unsigned short n = 1;
	int i = 0;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		size_t c = 0;
		while (c < sizeof(calls) / sizeof(calls[0]) && strcmp(calls[c].name, argv[i]) != 0)
			c++;
		if (c == sizeof(calls) / sizeof(calls[0]) || n > 60)
			return 2;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[c].number,
							 0, 1);
		code[n++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = {.len = n, .filter = code};
	if (geteuid() != 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (i + 1 >= argc || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 2;
	execv(argv[i + 1], argv + i + 1);
	return 2;
}

static const struct {
	const char *name;
	int (*run)(const char *arg);
} probes[] = {
	{"calls", probe_calls},
	{"foreign", probe_foreign},
	{"sockets", probe_sockets},
	{"fds", probe_fds},
	{"memory", probe_memory},
	{"processes", probe_processes},
	{"burn", probe_burn},
	{"ids", probe_ids},
	{"limits", probe_limits},
	{"dumpable", probe_dumpable},
	{"securebits", probe_securebits},
	{"terminal", probe_terminal},
	{"dump", probe_dump},
	{"refused", probe_refused},
	{"reach", probe_reach},
	{"leave", probe_leave},
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "without") == 0)
		return run_without(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "words") == 0)
		return count_words(argv);
	for (size_t i = 0; argc > 1 && i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strcmp(probes[i].name, argv[1]) == 0)
			return probes[i].run(argc > 2 ? argv[2] : "");
	fprintf(stderr, "probe: no such thing to find out\n");
	return 2;
}
