require 'money'
require 'store/price'
