"""What evidence means: links, offers, prices, hits of tags, page type, platform. Pure functions; checks read them."""
