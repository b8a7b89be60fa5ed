"""The words every room shares: identifiers, roles, decimals, instants, errors."""
