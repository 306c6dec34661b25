def sh(*cmd)
  puts cmd.join(" ")
  system(*cmd) || abort("failed")
end
sh "ffmpeg", "-i", "x"
def run(c) = `#{c}`
run("jq .")
