require 'open3'
list = `ls -l #{dir} | sort`
%x{date +%s}
system "gzip -9 #{file}"
system('tar', 'xf', file) or abort
system({ 'A' => 'b' }, 'env-given', 'x')
exec 'jq .'
pid = spawn('pandoc', '-o', out, err: :out)
Process.spawn("rsync -a x y", out: '/dev/null')
IO.popen('bc', 'r+') { |io| io.puts 1 }
IO.popen(['identify', file])
out, status = Open3.capture2('wc', '-l', stdin_data: x)
Open3.capture3("xmllint --noout #{file}")
Open3.popen3('dc') { |i, o| i.puts 1 }
Open3.pipeline(['cut', '-f1'], 'uniq -c')
Kernel.system('make')
open("|hostname") { |f| f.read }
command = %w[ffmpeg -i x]
system(*command)
line = "dot -Tpng"
`#{line}`
system(line)
system(*given)
