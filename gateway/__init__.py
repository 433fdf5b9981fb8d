"""What a device that was let in may call: HTTPS in the home's network. docs/gateway.md has the table."""
