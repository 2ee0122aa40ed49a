using System.Management.Automation;
using MirrorTools.Cmdlets.Agents;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>Lets <c>-Agent</c> take a state directory, an agent's name, or an object of <c>Get-MirrorAgent</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AgentReferenceAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data switch
        {
            null or MirrorAgentReference => data,
            MirrorAgent agent => agent.Agent,
            FileSystemInfo directory => new MirrorAgentReference(directory.FullName),
            string text when text.Trim().Length == 0 => MirrorAgentReference.Default,
            string text => Resolve(text, engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath),
            _ => throw new ArgumentTransformationMetadataException(
                $"-Agent takes a state directory, an agent's name, or an object of Get-MirrorAgent, not a {data.GetType().Name}."),
        };
    }

    /// <summary>The reference a text means: a directory if there is one, else an agent's name, else a directory still to be made.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="toAbsolute">Makes a path of the session absolute.</param>
    internal static MirrorAgentReference Resolve(string text, Func<string, string> toAbsolute)
    {
        var isName = text.IndexOfAny(['/', '\\', ':', '~']) < 0 && text is not ("." or "..");
        if (isName && KnownAgents.Find(text) is { } known)
        {
            return known;
        }

        return new MirrorAgentReference(toAbsolute(text));
    }
}
