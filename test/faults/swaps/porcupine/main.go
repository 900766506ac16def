// Checks histories of reads and compare-and-swaps with porcupine, beside our own checker.
// Its argument is a file: a JSON array of registers, each an array of events (swap-history.ts).
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

type event struct {
	Start, End int64
	Kind       string
	Value      int
	From, To   int
	Outcome    string
}

type answer struct {
	value   int
	outcome string
}

var register = porcupine.Model{
	Init: func() interface{} { return 0 },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		value, asked, told := state.(int), input.(event), output.(answer)
		if asked.Kind == "read" {
			return told.value == value, value
		}
		holds := asked.From == value
		switch told.outcome {
		case "ok":
			return holds, asked.To
		case "failed":
			return !holds, value
		}
		// Unknown: done if it could be done.
		if holds {
			return true, asked.To
		}
		return true, value
	},
}

func main() {
	var registers [][]event
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &registers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for i, events := range registers {
		var history []porcupine.Operation
		for client, e := range events {
			if e.Outcome == "unavailable" {
				continue
			}
			if e.Outcome == "unknown" {
				e.End = math.MaxInt64
			}
			history = append(history, porcupine.Operation{
				ClientId: client, Input: e, Call: e.Start,
				Output: answer{e.Value, e.Outcome}, Return: e.End,
			})
		}
		if result := porcupine.CheckOperationsTimeout(register, history, time.Minute); result != porcupine.Ok {
			fmt.Printf("register %d: %s\n", i, result)
		}
	}
}
