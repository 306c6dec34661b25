#!/usr/bin/env php
<?php
// Render a menu from a small YAML file with a template.
require_once 'Twig/autoload.php';
require_once 'Symfony/Component/Yaml/autoload.php';

use Symfony\Component\Yaml\Yaml;
use Twig\Environment;
use Twig\Loader\ArrayLoader;

$menu = Yaml::parse("title: Lunch\ndishes:\n  - {name: Soup, price: 4.5}\n  - {name: Pie & peas, price: 7}\n");
$twig = new Environment(new ArrayLoader([
    'menu' => "{{ title|upper }}\n{% for d in dishes %}{{ d.name }}: {{ '%.2f'|format(d.price) }}\n{% endfor %}",
]), ['autoescape' => 'html']);
$text = $twig->render('menu', $menu);
echo $text;
exit(strpos($text, 'Pie &amp; peas: 7.00') === false ? 1 : 0);
