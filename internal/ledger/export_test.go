package ledger

// Die stops a sequencer as a kill would: its lock is freed by the kernel, its lease stays.
func (s *Sequencer) Die() {
	s.folder.close()
	s.folder, s.known, s.elected = nil, nil, false
}

// Fault has the sequencer ask before every durable step of a publication.
func (s *Sequencer) Fault(f func(path string) error) { s.fault = f }
