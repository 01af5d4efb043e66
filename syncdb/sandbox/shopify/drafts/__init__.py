"""Draft orders: orders that a merchant makes for somebody, and which become orders once they are paid."""
