#!/usr/bin/env ruby
# frozen_string_literal: true

# Turn meeting minutes in Markdown into HTML, check it with an XML parser, list the open actions.
require 'open3'
require 'English'
autoload :Kramdown, 'kramdown'

begin
  require 'rouge'
rescue LoadError
  # Code is shown without colours then.
end

SOURCE = <<~TEXT
  # Minutes

  Present: *Ines*, *Omar*

  | who  | what            | done |
  |------|-----------------|------|
  | Ines | book the room   | yes  |
  | Omar | require 'coffee' | no   |
TEXT

html = Kramdown::Document.new(SOURCE, syntax_highlighter: nil).to_html
out, status = Open3.capture2('xmllint', '--xpath', "count(//tr)", '-', stdin_data: "<m>#{html}</m>")
rows = out.to_i
puts "rows #{rows} status #{status.exitstatus}"
open_actions = html.scan(%r{<td>(\w+)</td>\s*<td>([^<]+)</td>\s*<td>no</td>})
open_actions.each { |who, what| puts "#{who}: #{what.length}" }
abort 'wrong' unless rows == 3 && open_actions.length == 1
