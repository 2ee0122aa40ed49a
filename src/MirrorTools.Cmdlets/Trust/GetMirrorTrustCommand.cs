using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Trust;

/// <summary>Shows the agents that an agent trusts.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorTrust")]
[OutputType(typeof(MirrorTrust))]
public sealed class GetMirrorTrustCommand : MirrorCmdlet
{
    /// <summary>Names or ids of trusted agents; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TrustCompleter))]
    [Names]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Asked, () =>
    {
        var all = Ask((client, cancel) => client.Trusts.ListAsync(cancel));
        foreach (var name in Name ?? ["*"])
        {
            var pattern = NamePattern.Of(name);
            var found = all.Where(trust => pattern.IsMatch(trust.Name) || pattern.IsMatch(trust.AgentId)).ToList();
            found.ForEach(trust => WriteObject(new MirrorTrust(trust, Asked)));
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                Report(NotFound(name), name);
            }
        }
    });

    private MirrorApiException NotFound(string name) => MirrorApiException.Create(
        ErrorIds.TrustNotFound,
        $"The agent '{Asked}' trusts no agent '{name}'.",
        "Run Get-MirrorTrust to see those it trusts, New-MirrorTrust to make trust.",
        nameof(ErrorCategory.ObjectNotFound),
        name);
}
