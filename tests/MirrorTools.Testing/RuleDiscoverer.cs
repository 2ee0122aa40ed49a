using Xunit.Abstractions;
using Xunit.Sdk;

namespace MirrorTools.Testing;

/// <summary>Turns <see cref="RuleAttribute"/> into a trait that a filter can name.</summary>
public sealed class RuleDiscoverer : ITraitDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo traitAttribute) =>
        [new("Rule", (string)traitAttribute.GetConstructorArguments().First())];
}
