/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/observe/observe.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 5 /* of scripts that are scripts' interpreters: the kernel's own limit */

static void note(const char *path, int depth)
{
	if (path[0] == '/' && sbx_seen_add(path, SBX_OBSERVED_OPENED))
		sbx_executable_note(path, depth + 1);
}

static void note_script(char *line, int depth)
{
	char *word = line + 2 + strspn(line + 2, " \t");
	word[strcspn(word, " \t\r\n")] = '\0';
	note(word, depth);
}

static void note_elf(int fd, const Elf64_Ehdr *header, int depth)
{
	for (unsigned i = 0; i < header->e_phnum && i < 64; i++) {
		Elf64_Phdr part;
		char path[SBX_OBSERVED_MAX_PATH];
		off_t at = (off_t)(header->e_phoff + i * header->e_phentsize);
		if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part) ||
		    part.p_type != PT_INTERP || part.p_filesz >= sizeof(path))
			continue;
		ssize_t n = pread(fd, path, part.p_filesz, (off_t)part.p_offset);
		if (n <= 0)
			continue;
		path[n] = '\0';
		note(path, depth);
	}
}

void sbx_executable_note(const char *path, int depth)
{
	union {
		Elf64_Ehdr elf;
		char text[513];
	} head = {0};
	if (depth > MAX_DEPTH)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	ssize_t n = pread(fd, &head, sizeof(head) - 1, 0);
	if (n > 2 && head.text[0] == '#' && head.text[1] == '!')
		note_script(head.text, depth);
	else if (n >= (ssize_t)sizeof(head.elf) && memcmp(head.elf.e_ident, ELFMAG, SELFMAG) == 0 &&
		 head.elf.e_ident[EI_CLASS] == ELFCLASS64)
		note_elf(fd, &head.elf, depth);
	close(fd);
}
