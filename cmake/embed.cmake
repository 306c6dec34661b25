# SPDX-License-Identifier: Apache-2.0
# sbx_embed(TARGET SYMBOL FILE): the file's bytes as `const char SYMBOL[]`, NUL-terminated, and
# `const size_t SYMBOL_size`, compiled into TARGET. Text that a program carries stays a file that
# editors and linters know.
function(sbx_embed target symbol file)
	set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
	file(READ ${file} hex HEX)
	string(LENGTH "${hex}" digits)
	math(EXPR size "${digits} / 2")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
	file(CONFIGURE OUTPUT ${output} CONTENT
		"#include <stddef.h>\nextern const char ${symbol}[];\nextern const size_t ${symbol}_size;\nconst char ${symbol}[] = {${bytes}0};\nconst size_t ${symbol}_size = ${size};\n" @ONLY)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
	target_sources(${target} PRIVATE ${output})
endfunction()

# sbx_embed_program(TARGET SYMBOL PROGRAM): the same for a program that this build makes.
function(sbx_embed_program target symbol program)
	set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
	set(copy ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.bin)
	file(CONFIGURE OUTPUT ${output} CONTENT
		"#include <stddef.h>\nextern const char ${symbol}[], ${symbol}_end[];\n__asm__(\".section .rodata\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${copy}\\\"\\n.global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.previous\\n\");\n" @ONLY)
	add_custom_command(OUTPUT ${copy} COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${program}> ${copy}
		DEPENDS ${program} VERBATIM)
	# Link-time optimization does not see what an asm statement defines.
	set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS ${copy} COMPILE_OPTIONS -fno-lto)
	target_sources(${target} PRIVATE ${output})
endfunction()
