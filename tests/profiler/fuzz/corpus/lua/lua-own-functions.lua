local function run(cmd) local p = io.popen(cmd); return p:read("a") end
print(run("jq . x"))
