"""What tests and proofs of the desk share: an independent reading of the rules, made-up tickets."""
