#include <dlfcn.h>
#include <stdlib.h>

static int convert(const char *from)
{
	char line[200];
	snprintf(line, sizeof(line), "convert %s -resize 50%% out.png", from);
	return system(line);
}

static void list(void)
{
	char *const words[] = {"jq", "-c", NULL};
	execvp(words[0], words);
	execlp("sort", "sort", "-u", (char *)NULL);
}

int main(int argc, char **argv)
{
	const char *command = "tar -cJf x.tar.xz x";
	const char *never = "mplayer is no command here";
	FILE *pipe = popen("dot -Tsvg | gzip", "w");
	void *handle = dlopen("libsodium.so.23", RTLD_NOW);
	void *any = dlopen(argv[1], RTLD_NOW);
	if (argc > 2)
		system("ffmpeg -version >/dev/null 2>&1");
	/* system("in-a-comment"); */
	puts("system(\"in-a-string\")");
	system(argv[1]);
	return system(command) + convert(never);
}
