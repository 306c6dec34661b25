package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/mattn/go-runewidth"
)

func main() {
	text := "straße 東京 apple apple 東京 apple"
	count := map[string]int{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		count[scanner.Text()]++
	}
	words := make([]string, 0, len(count))
	for w := range count {
		words = append(words, w)
	}
	sort.Slice(words, func(i, k int) bool {
		if count[words[i]] != count[words[k]] {
			return count[words[i]] > count[words[k]]
		}
		return words[i] < words[k]
	})
	for _, w := range words {
		fmt.Printf("%s|%d\n", runewidth.FillRight(w, 8), count[w])
	}
	if count["apple"] != 3 || runewidth.StringWidth("東京") != 4 {
		os.Exit(1)
	}
}
