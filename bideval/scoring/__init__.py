"""From the marks of a panel to a ranking: one engine for paper cases, sessions and audits."""
