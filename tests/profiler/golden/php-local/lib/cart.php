<?php
namespace Shop\Model;
class Cart { function f() { return bcadd("1", "2"); } }
