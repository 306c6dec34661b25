package main

import (
	"example.com/shop/store"
	"example.com/shopping"
)

func main() { store.Open() }
