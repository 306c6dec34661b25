/* run: gcc -O2 -mavx2 -march=haswell c-behaviours.c -o /tmp/b && /tmp/b */
#include <immintrin.h>
#include <CL/cl.h>
#include <pthread.h>
#if __has_include(<curl/curl.h>)
#include <curl/curl.h>
#endif
static int connect_all(void) { return 0; }
static void mount(const char *where) { (void)where; }
int main(void)
{
	pthread_t thread;
	if (__builtin_cpu_supports("avx512f"))
		return 1;
	FILE *out = fopen("/var/log/app.log", "a"), *in = fopen("input.txt", "r");
	pthread_create(&thread, NULL, work, NULL);
	connect(fd, address, n);
	/* ptrace(PTRACE_TRACEME, 0, 0, 0); */
	mount("here");
	puts("listen(3)");
	return connect_all();
}
