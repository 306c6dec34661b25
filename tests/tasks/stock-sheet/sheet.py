# SPDX-License-Identifier: Apache-2.0
import datetime as dt
import os
import tempfile
import zipfile

import pandas as pd

rows = [("bolt", 40, 0.05), ("nut", 12, 0.04), ("washer", 0, 0.01)]
frame = pd.DataFrame(rows, columns=["item", "stock", "price"])
frame["value"] = frame.stock * frame.price
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "stock.xlsx")
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        frame.to_excel(writer, sheet_name="Stock", index=False)
        bold = writer.book.add_format({"bold": True, "num_format": "0.00"})
        writer.sheets["Stock"].set_column("D:D", 12, bold)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    print("sheet1.xml" in " ".join(names), len(frame), f"{frame.value.sum():.2f}")
print(dt.date(2024, 2, 29).isoformat())
