import pandas as pd
import xarray as xr

frame = pd.DataFrame({"a": [1]})
with pd.ExcelWriter("out.xlsx", engine="xlsxwriter") as writer:
    frame.to_excel(writer)
frame.to_excel("sheet.ods")
pd.read_excel("x.xlsx", engine="odf")
pd.ExcelFile("y.xlsb").parse("s")
pd.read_html("page.html")
pd.read_html("page.html", flavor="html5lib")
pd.read_hdf("x.h5")
pd.read_parquet("x.parquet")
frame.to_parquet("y.parquet", engine="fastparquet")
frame.to_sql("t", "postgresql://db/x")
frame.style.highlight_max().to_html("s.html")
frame.plot.bar()
frame["a"].plot(kind="kde")
print(frame.to_markdown())
frame.interpolate(method="spline", order=2)
frame.interpolate(method="linear")
frame.corr("kendall")
xr.open_dataset("x.nc", engine="h5netcdf")
