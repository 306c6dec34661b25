#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(mktemp -d)"
page() {
	cat >"$1" <<'PDF'
%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
PDF
}
page a.pdf
page b.pdf
qpdf --empty --pages a.pdf b.pdf a.pdf -- all.pdf 2>/dev/null || [ $? -eq 3 ]
pdfinfo all.pdf | awk '/^Pages|^Page size/ { print $1, $2, $3 }'
