using Xunit.Sdk;

namespace MirrorTools.Testing;

/// <summary>Names the rule of the specification that a test holds, as the trait <c>Rule</c>.</summary>
/// <param name="id">The rule's id, such as <c>F-6</c>.</param>
[TraitDiscoverer("MirrorTools.Testing.RuleDiscoverer", "MirrorTools.Testing")]
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RuleAttribute(string id) : Attribute, ITraitAttribute
{
    /// <summary>The rule's id.</summary>
    public string Id { get; } = id;
}
