using System.Management.Automation;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Which pairs the names of a reading cmdlet mean.</summary>
internal static class PairSelection
{
    /// <summary>The pairs of a name with wildcards.</summary>
    /// <param name="all">The agent's pairs.</param>
    /// <param name="name">The name with wildcards.</param>
    public static IEnumerable<PairInfo> Matching(IEnumerable<PairInfo> all, string name)
    {
        var pattern = NamePattern.Of(name);
        return all.Where(pair => pattern.IsMatch(pair.Name));
    }

    /// <summary>True where a name means a set, so that nothing found is no error.</summary>
    public static bool IsSet(string name) => WildcardPattern.ContainsWildcardCharacters(name);
}
