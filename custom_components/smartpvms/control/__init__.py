"""Control of battery and feed-in: commands, what came of them, how plants are set."""
