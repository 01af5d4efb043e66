"""A local Shopify shop that speaks the Admin GraphQL API's wire format."""
