# require 'not_one'
=begin
require 'not_two'
=end
require 'set'
puts "require 'not_three'"
text = <<~TEXT
  require 'not_four'
  `not-a-command`
TEXT
params.require(:user)
schema.require 'not_a_module' if false
config = { require: 'not_five', system: 'not-a-command' }
logger.system 'x y'
__END__
require 'not_six'
