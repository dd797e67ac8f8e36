"""The pages: what each looks like, as a pure function of its state's vars."""
