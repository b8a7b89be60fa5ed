// Judges what bideval makes by the packages of another house: golang.org/x/mod/sumdb (tlog, note)
// and Go's own crypto/ed25519. One question per line of standard input, one answer per line.
//
//	grow LEAVES                          keep these leaf hashes; answer the root of every size
//	prove-record SIZE INDEX              answer the inclusion path that tlog makes
//	prove-tree NEW OLD                   answer the consistency path that tlog makes
//	record SIZE ROOT INDEX LEAF PATH     is the leaf there?
//	tree NEW ROOT OLD ROOT PATH          is the new tree an extension of the old one?
//	note TEXT VKEYS                      who signed? (Base 64 text, verifier keys with commas)
//	sign TEXT SKEY                       sign a text (Base 64) with a signer key
//	cosign TEXT NAME SEED TIME           co-sign a text (Base 64) with the key of a seed
//	ed25519 PUBLIC MESSAGE SIGNATURE     does it verify? (hexadecimal, "-" for nothing)
//
// Hashes are hexadecimal, lists have commas, "-" is the empty list. Answers: "ok ..." or "no ...".
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const cosignature = 4

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	must(err)
	return value
}

func binaryOf(text string) []byte {
	if text == "-" {
		return nil
	}
	data, err := hex.DecodeString(text)
	must(err)
	return data
}

func hash(text string) (found tlog.Hash) {
	if copy(found[:], binaryOf(text)) != tlog.HashSize || len(text) != 2*tlog.HashSize {
		panic("not a hash: " + text)
	}
	return found
}

func hashes(text string) []tlog.Hash {
	if text == "-" {
		return nil
	}
	var all []tlog.Hash
	for _, one := range strings.Split(text, ",") {
		all = append(all, hash(one))
	}
	return all
}

func said(path []tlog.Hash) string {
	if len(path) == 0 {
		return "ok -"
	}
	var all []string
	for _, one := range path {
		all = append(all, hex.EncodeToString(one[:]))
	}
	return "ok " + strings.Join(all, ",")
}

func verdict(err error) string {
	if err != nil {
		return "no " + err.Error()
	}
	return "ok"
}

// The log that grow filled: hashes in the storage order of tlog.
type log []tlog.Hash

func (l log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, l[index])
	}
	return found, nil
}

func grow(leaves []tlog.Hash) (stored log, roots []tlog.Hash) {
	for n, leaf := range leaves {
		added, err := tlog.StoredHashesForRecordHash(int64(n), leaf, stored)
		must(err)
		stored = append(stored, added...)
		root, err := tlog.TreeHash(int64(n+1), stored)
		must(err)
		roots = append(roots, root)
	}
	return stored, roots
}

// A cosigner of C2SP tlog-cosignature v1, which sumdb/note takes as a verifier of our own.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(signed), signature[8:])
}

// The cosigner's other half, with a time that stands still.
type clerk struct {
	cosigner
	private ed25519.PrivateKey
	time    int64
}

func (c clerk) Sign(text []byte) ([]byte, error) {
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", c.time, text)
	stamp := binary.BigEndian.AppendUint64(nil, uint64(c.time))
	return append(stamp, ed25519.Sign(c.private, []byte(signed))...), nil
}

func cosign(text []byte, name string, seed []byte, time int64) string {
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	id := keyID(name, append([]byte{cosignature}, public...))
	signer := clerk{cosigner{name, id, public}, private, time}
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	must(err)
	return "ok " + base64.StdEncoding.EncodeToString(signed)
}

func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:4])
}

func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	if key[0] != cosignature {
		known, err := note.NewVerifier(vkey)
		must(err)
		return known
	}
	id := keyID(parts[0], key)
	if fmt.Sprintf("%08x", id) != parts[1] {
		panic("the verifier key has another id")
	}
	return cosigner{parts[0], id, key[1:]}
}

func open(text []byte, vkeys string) string {
	var known []note.Verifier
	for _, vkey := range strings.Split(vkeys, ",") {
		known = append(known, verifier(vkey))
	}
	opened, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return verdict(err)
	}
	var names []string
	for _, signature := range opened.Sigs {
		names = append(names, signature.Name)
	}
	return "ok " + strings.Join(names, ",")
}

func sign(text []byte, skey string) string {
	signer, err := note.NewSigner(skey)
	must(err)
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	must(err)
	return "ok " + base64.StdEncoding.EncodeToString(signed)
}

func base64Of(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err)
	return data
}

func answer(stored *log, words []string) string {
	switch words[0] {
	case "grow":
		grown, roots := grow(hashes(words[1]))
		*stored = grown
		return said(roots)
	case "prove-record":
		path, err := tlog.ProveRecord(number(words[1]), number(words[2]), *stored)
		must(err)
		return said(path)
	case "prove-tree":
		path, err := tlog.ProveTree(number(words[1]), number(words[2]), *stored)
		must(err)
		return said(path)
	case "record":
		size, index := number(words[1]), number(words[3])
		return verdict(tlog.CheckRecord(hashes(words[5]), size, hash(words[2]), index, hash(words[4])))
	case "tree":
		size, old := number(words[1]), number(words[3])
		return verdict(tlog.CheckTree(hashes(words[5]), size, hash(words[2]), old, hash(words[4])))
	case "note":
		return open(base64Of(words[1]), words[2])
	case "sign":
		return sign(base64Of(words[1]), words[2])
	case "cosign":
		return cosign(base64Of(words[1]), words[2], binaryOf(words[3]), number(words[4]))
	case "ed25519":
		if !ed25519.Verify(binaryOf(words[1]), binaryOf(words[2]), binaryOf(words[3])) {
			return verdict(errors.New("does not verify"))
		}
		return "ok"
	}
	panic("unknown question: " + words[0])
}

func main() {
	var stored log
	questions := bufio.NewReader(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for {
		line, err := questions.ReadString('\n')
		if err != nil {
			return
		}
		fmt.Fprintln(answers, answer(&stored, strings.Fields(line)))
	}
}
