using System.Collections;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Input;

/// <summary>Takes names, but not $null: a variable that was never set must not mean everything there is, which a pipeline would then change or remove.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamesAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = Unwrap(inputData);
        return data is null || (data is IEnumerable items and not string && items.Cast<object?>().Any(item => Unwrap(item) is null))
            ? throw new ArgumentTransformationMetadataException("A name is missing: $null was given. Leave the parameter out to have all.")
            : inputData;
    }

    private static object? Unwrap(object? data) => data is PSObject wrapped ? wrapped.BaseObject : data;
}
