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
