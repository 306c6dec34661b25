<?php
namespace Other;
class Thing { }
