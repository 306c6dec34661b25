package shop;

import org.yaml.snakeyaml.Yaml;

public class Stock {}
