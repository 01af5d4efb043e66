"""What is asked of a product and its parts, and the documents that ask it. Names and types: Admin API, 2026-01 to 2026-10."""

from dataclasses import dataclass

PAGE_INFO = "pageInfo { hasNextPage endCursor }"
METAFIELD = "namespace key type value"
LEVEL = 'location { id } quantities(names: ["available"]) { name quantity }'
CODE = "countryCode harmonizedSystemCode"
MEDIUM = """id alt mediaContentType status mediaErrors { code message details }
  ... on MediaImage { mimeType updatedAt imageSource: originalSource { fileSize url } }
  ... on Video { updatedAt filename videoSource: originalSource { fileSize mimeType url } }
  ... on Model3d { updatedAt filename modelSource: originalSource { filesize mimeType url } }
  ... on ExternalVideo { updatedAt originUrl }"""
HEAD = """id updatedAt title descriptionHtml handle vendor productType tags status templateSuffix requiresSellingPlan isGiftCard
  combinedListingRole hasVariantsThatRequiresComponents category { id } seo { title description }
  options { id name linkedMetafield { namespace key } optionValues { id name } }"""


def listed(name: str, first: int | str, inner: str, after: str = "") -> str:
    """The selection of a connection's page."""
    return f"{name}(first: {first}{after}) {{ nodes {{ {inner} }} {PAGE_INFO} }}"


def variant(metafields: int, levels: int) -> str:
    """The selection of a variant with so many of its metafields and locations; the rest is read on."""
    item = f"""id tracked requiresShipping countryCodeOfOrigin provinceCodeOfOrigin harmonizedSystemCode
      unitCost {{ amount currencyCode }} measurement {{ weight {{ value unit }} }}
      {listed("countryHarmonizedSystemCodes", 5, CODE)} {listed("inventoryLevels", levels, LEVEL)}"""
    return f"""id sku barcode price compareAtPrice inventoryPolicy taxable taxCode showUnitPrice
      unitPriceMeasurement {{ quantityUnit quantityValue referenceUnit referenceValue }}
      selectedOptions {{ name value }} media(first: 1) {{ nodes {{ id }} }}
      {listed("metafields", metafields, METAFIELD)} inventoryItem {{ {item} }}"""


VARIANT = variant(10, 10)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list below a product that may go on: the type it stands in, its name there, and what is asked of its entries."""

    owner: str
    name: str
    inner: str

    @property
    def rest(self) -> str:
        """The document that reads on after a cursor; of a product also when it last changed."""
        more = listed(self.name, "$first", self.inner, ", after: $after")
        changed = "updatedAt" if self.owner == "Product" else ""
        given = "$id: ID!, $first: Int!, $after: String"
        return f"query RestOf({given}) {{ node(id: $id) {{ ... on {self.owner} {{ id {changed} {more} }} }} }}"


VARIANTS = Listing("Product", "variants", VARIANT)
MEDIA = Listing("Product", "media", MEDIUM)
METAFIELDS = Listing("Product", "metafields", METAFIELD)
VARIANT_METAFIELDS = Listing("ProductVariant", "metafields", METAFIELD)
LEVELS = Listing("InventoryItem", "inventoryLevels", LEVEL)
CODES = Listing("InventoryItem", "countryHarmonizedSystemCodes", CODE)
LISTINGS = (VARIANTS, MEDIA, METAFIELDS, VARIANT_METAFIELDS, LEVELS, CODES)

ONE = f"""query WholeProduct($id: ID!, $first: Int!) {{ product(id: $id) {{ {HEAD}
  {listed("metafields", 50, METAFIELD)} {listed("media", 50, MEDIUM)} {listed("variants", "$first", VARIANT)} }} }}"""
MANY = f"""query WholeProducts($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ {HEAD}
  {listed("metafields", 20, METAFIELD)} {listed("media", 10, MEDIUM)} {listed("variants", 10, variant(5, 5))} }} }} }}"""
OF_MEDIA = f"""query MediaOfProducts($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ id
  {listed("media", 20, MEDIUM)} }} }} }}"""
MOMENT = "query LastChange($id: ID!) { product(id: $id) { id updatedAt } }"
