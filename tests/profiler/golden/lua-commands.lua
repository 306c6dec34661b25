os.execute("tar -cJf " .. name .. " .")
local f = io.popen("git log | sort -u")
io.popen(string.format("jq %s", x)):read("a")
io.popen(("xmllint %s"):format(x))
local cmd = "pandoc x.md"
os.execute(cmd)
os.execute(arg[1])
