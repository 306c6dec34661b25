# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, the C source of `const char SYMBOL[]`: one SHA-256 over all FILES, as hex digits.
set(digests "")
foreach(file ${FILES})
	file(SHA256 ${file} digest)
	string(APPEND digests ${digest})
endforeach()
string(SHA256 digest "${digests}")
file(WRITE ${OUTPUT} "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] = \"${digest}\";\n")
