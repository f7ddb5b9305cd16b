"""The catalogue stage: product feeds and exports of the back office become expected products in the store."""
